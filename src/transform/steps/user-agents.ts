import { parse } from 'bowser';
import { isbot } from 'isbot';
import type { Row } from '../../contracts/sync.ts';
import type { Column } from '../../warehouse/port.ts';
import type { Step } from '../step.ts';
import { agentRules, ordinary, scanner, type Device } from './agent-rules.ts';

/** What a user agent tells of who opened or clicked. */
export type Agent = {
  readonly client: string;
  readonly device: Device;
  readonly os: string;
  readonly isProxy: boolean;
  readonly isMachine: boolean;
  /** Rule that says whether it is a machine's. */
  readonly rule: string;
};

const columns: readonly Column[] = [
  { name: 'user_agent', type: 'string' },
  { name: 'client', type: 'string' },
  { name: 'device', type: 'string' },
  { name: 'os', type: 'string' },
  { name: 'is_proxy', type: 'bool' },
  { name: 'is_machine', type: 'bool' },
  { name: 'machine_rule', type: 'string' },
];

/** Reads every distinct user agent: client, device, system, and whether it is a person's. */
export const userAgents = {
  name: 'user-agents',
  reads: 'core.int_user_agent',
  writes: { table: 'core.dim_user_agent', columns },
  run: (rows) => rows.flatMap(({ user_agent: text }) => (typeof text === 'string' && text !== '' ? [asRow(text)] : [])),
} satisfies Step;

function asRow(text: string): Row {
  const { client, device, os, isProxy, isMachine, rule } = readAgent(text);
  return { user_agent: text, client, device, os, is_proxy: isProxy, is_machine: isMachine, machine_rule: rule };
}

/** Whoever opens a mail chooses the agent, and its length. */
const LONGEST = 1_000;
const devices: Readonly<Record<string, Device>> = { mobile: 'mobile', tablet: 'tablet', desktop: 'desktop' };

/** Own rules first: to the libraries a mail program is a bot, and a proxy the browser that it pretends to be. */
export function readAgent(text: string): Agent {
  const agent = text.slice(0, LONGEST);
  const own = agentRules.find(({ match }) => match.test(agent));
  if (own === undefined && isbot(agent))
    return { client: 'unknown', device: 'unknown', os: 'unknown', isProxy: false, isMachine: true, rule: scanner };
  const { browser, os, platform } = parse(agent);
  return {
    client: own?.client ?? named(browser.name),
    device: own?.device ?? devices[platform.type ?? ''] ?? 'unknown',
    os: own?.os ?? named(os.name),
    isProxy: own?.isProxy ?? false,
    isMachine: own?.isMachine ?? false,
    rule: own?.rule ?? ordinary,
  };
}

function named(name: string | undefined): string {
  return name === undefined || name === '' ? 'unknown' : name;
}
