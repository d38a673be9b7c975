import { spawn, type ChildProcess } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { sender } from '../../src/receiver/receiver.fixture.ts';

const program = fileURLToPath(new URL('../../bench/receiver.ts', import.meta.url));

/** A receiver of `shop/events` in a process of its own. */
export class ReceiverProcess {
  readonly address: string;
  readonly #child: ChildProcess;
  readonly #lines: AsyncIterator<string>;

  private constructor(child: ChildProcess, lines: AsyncIterator<string>, address: string) {
    this.#child = child;
    this.#lines = lines;
    this.address = address;
  }

  static async start(projectDir: string, segmentBytes?: number): Promise<ReceiverProcess> {
    const args = [program, `--project=${projectDir}`, `--key=${sender.publicKey}`];
    if (segmentBytes !== undefined) args.push(`--segment-bytes=${segmentBytes}`);
    const child = spawn(process.execPath, args, { stdio: ['pipe', 'pipe', 'inherit'] });
    const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
    const { address } = JSON.parse((await lines.next()).value ?? '{}') as { readonly address: string };
    return new ReceiverProcess(child, lines, address);
  }

  /** `kill -9`. */
  async kill(): Promise<void> {
    const gone = new Promise((done) => this.#child.once('close', done));
    this.#child.kill('SIGKILL');
    await gone;
  }

  /** Most memory that it ever held, MB. */
  peakMb(): number {
    const status = readFileSync(`/proc/${this.#child.pid}/status`, 'utf8');
    return Number(/VmHWM:\s+(\d+)/.exec(status)?.[1]) / 1024;
  }

  /** Ends it in order; its peak of memory, MB. */
  async stop(): Promise<number> {
    this.#child.stdin?.write('stop\n');
    const { peakRssMb } = JSON.parse((await this.#lines.next()).value ?? '{}') as { readonly peakRssMb: number };
    return peakRssMb;
  }
}
