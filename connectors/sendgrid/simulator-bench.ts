import { createWorld, worldAt } from '../../src/demo/world.ts';
import { type SendgridSimulator, type SimulatorOptions, startSendgridSimulator } from './simulator.ts';

export const world = createWorld({ seed: 7, size: 'small' });
/** The SendGrid half as it stands at the world's `now`. */
export const { sendgrid: half } = worldAt(world, world.now);
const apiKey = 'SG.test';
export const key = { authorization: `Bearer ${apiKey}` };

export type Row = Record<string, unknown>;
export type Answer = { readonly status: number; readonly headers: Headers; readonly text: string; readonly body: Row };
type Asking = { readonly body?: unknown; readonly headers?: Record<string, string> };
export type Bench = SendgridSimulator & { readonly ask: (path: string, asking?: Asking) => Promise<Answer> };

const running: SendgridSimulator[] = [];

/** A simulator over the small world, and a way to ask it with the right key: GET, or POST where there is a body. */
export async function start(options: Partial<SimulatorOptions> = {}): Promise<Bench> {
  const simulator = await startSendgridSimulator({ world, apiKey, ...options });
  running.push(simulator);
  const ask = async (path: string, { body, headers = key }: Asking = {}): Promise<Answer> => {
    const response = await fetch(path.startsWith('http') ? path : simulator.url + path, {
      headers: { 'content-type': 'application/json', ...headers },
      signal: AbortSignal.timeout(5000),
      ...(body === undefined ? {} : { method: 'POST', body: JSON.stringify(body) }),
    });
    const text = await response.text();
    let parsed: Row = {};
    try {
      parsed = JSON.parse(text) as Row;
    } catch {
      // Some faults are no JSON: those tests look at the text.
    }
    return { status: response.status, headers: response.headers, text, body: parsed };
  };
  return { ...simulator, ask };
}

export async function stopAll(): Promise<void> {
  for (const simulator of running.splice(0)) await simulator.stop();
}

/** Rows under a name of an answer. */
export const rowsOf = (answer: Answer, name: string): Row[] => answer.body[name] as Row[];
/** One field of each row. */
export const namesOf = (rows: readonly Row[], name: string): unknown[] => rows.map((row) => row[name]);
export const idOf = (name: string): string => half.singleSends.find((send) => send.name === name)?.id ?? '';
