import type { RunProgress } from '../temporal/progress.ts';
import type { Output } from './output.ts';
import { isFinal, rowsPerSecond, stepText, streamLine, streamName, troubleLines } from './progress-lines.ts';
import type { Speeds } from './progress-lines.ts';
import { forTerminal } from './terminal-text.ts';

/** Looks at the run this often on a terminal; a look costs some queries of every account, so never more than a tenth of the time. */
const lookMs = 500;
const lookShare = 0.1;
/** Without a terminal, one line per this long. */
const plainMs = 10_000;
const frames = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏'];

/**
 * Shows a run until `done` settles; a look that fails is skipped, because the run itself says how it ended. Of one that takes long
 * `alarm` may know why: a full disk also stops the server that would tell.
 */
export async function watchRun(
  output: Output,
  look: () => Promise<RunProgress>,
  done: Promise<unknown>,
  {
    alarm = () => undefined,
    alarmMs = plainMs,
  }: { readonly alarm?: () => string | undefined; readonly alarmMs?: number } = {},
): Promise<void> {
  // Accounts that have ended leave the progress, but names must not change half-way.
  let accounts = 0;
  const read = async (): Promise<Seen> => {
    const progress = await look();
    accounts = Math.max(accounts, progress.accounts.length);
    return { ...progress, nameCount: accounts };
  };
  const screen = output.json || !output.isTerminal ? plainScreen(output) : liveScreen();
  const ended = done.then(
    () => 'ended' as const,
    () => 'ended' as const,
  );
  try {
    for (;;) {
      const beganMs = performance.now();
      const timer = setInterval(() => {
        const text = alarm();
        if (text !== undefined) screen.tell(text);
      }, alarmMs);
      const seen = await Promise.race([read().catch(() => undefined), ended]).finally(() => clearInterval(timer));
      if (seen === 'ended') break;
      if (seen !== undefined) screen.show(seen);
      const pauseMs = Math.max(lookMs, (performance.now() - beganMs) / lookShare);
      if ((await Promise.race([pause(pauseMs), ended])) === 'ended') break;
    }
    // One last look for streams that ended since; the workflow still answers after its end.
    const last = await Promise.race([read().catch(() => undefined), pause(1000).then(() => undefined)]);
    if (last !== undefined) screen.show(last);
  } finally {
    screen.close();
  }
}

type Seen = RunProgress & { readonly nameCount: number };

type Screen = { show(progress: Seen): void; tell(text: string): void; close(): void };

function pause(ms: number): Promise<void> {
  return new Promise((done) => setTimeout(done, ms));
}

/** Lines only: each stream when it ends, and where the run is every ten seconds. */
function plainScreen(output: Output): Screen {
  const speeds: Speeds = new Map();
  const finished = new Set<string>();
  let lastStep = '';
  let lastMs = Number.NEGATIVE_INFINITY;
  return {
    show(progress) {
      const nowMs = Date.now();
      for (const { name, line } of endedStreams(progress, finished, speeds, nowMs)) output.say(`${name} ${line}`);
      const step = stepText(progress);
      const moved = step.split(':')[0] !== lastStep.split(':')[0];
      if (!moved && nowMs - lastMs < plainMs) return;
      lastStep = step;
      lastMs = nowMs;
      const working = progress.accounts.flatMap((account) =>
        account.streams
          .filter(({ state }) => state === 'extracting' || state === 'quota' || state === 'pending')
          .map((stream) => {
            const name = streamName(account, stream.stream, progress.nameCount);
            return `${name} ${streamLine(stream, rowsPerSecond(speeds, name, stream.rows, nowMs), nowMs)}`;
          }),
      );
      output.say([step, ...troubleLines(progress), ...working].join('; '));
    },
    tell: (text) => output.say(text),
    close: () => undefined,
  };
}

/** A block that is redrawn in place; a stream that ended moves above it and stays. */
function liveScreen(): Screen {
  const stream = process.stderr;
  const speeds: Speeds = new Map();
  const finished = new Set<string>();
  let drawn = 0;
  let frame = 0;
  const clear = (): string => (drawn === 0 ? '' : `\u001B[${drawn}A\u001B[0J`);
  return {
    show(progress) {
      const nowMs = Date.now();
      // Some terminals do not tell their size and say 0.
      const width = Math.max(40, stream.columns || 80);
      const room = Math.max(3, (stream.rows || 24) - 4);
      const ended = endedStreams(progress, finished, speeds, nowMs).map(({ name, line }) =>
        fit(`  ${name}  ${line}`, width),
      );
      const working = progress.accounts.flatMap((account) =>
        account.streams
          .filter((live) => !isFinal(live.state) && live.state !== 'waiting')
          .map((live) => {
            const name = streamName(account, live.stream, progress.nameCount);
            return fit(`  ${name}  ${streamLine(live, rowsPerSecond(speeds, name, live.rows, nowMs), nowMs)}`, width);
          }),
      );
      frame = (frame + 1) % frames.length;
      const block = [
        fit(`${frames[frame] ?? ''} ${stepText(progress)}`, width),
        ...troubleLines(progress).map((line) => fit(`  ${line}`, width)),
        ...working.slice(0, room),
      ];
      if (working.length > room) block.push(`  and ${working.length - room} more`);
      stream.write(`${clear()}${[...ended, ...block].map((line) => forTerminal(line, stream)).join('\n')}\n`);
      drawn = block.length;
    },
    tell(text) {
      stream.write(`${clear()}${forTerminal(fit(text, Math.max(40, stream.columns || 80)), stream)}\n`);
      drawn = 1;
    },
    close() {
      if (drawn > 0) stream.write(clear());
      drawn = 0;
    },
  };
}

function endedStreams(
  progress: Seen,
  finished: Set<string>,
  speeds: Speeds,
  nowMs: number,
): readonly { readonly name: string; readonly line: string }[] {
  return progress.accounts.flatMap((account) =>
    account.streams.flatMap((stream) => {
      const key = `${account.accountId}/${stream.stream}`;
      if (!isFinal(stream.state) || finished.has(key)) return [];
      finished.add(key);
      const name = streamName(account, stream.stream, progress.nameCount);
      return [{ name, line: streamLine(stream, rowsPerSecond(speeds, name, stream.rows, nowMs), nowMs) }];
    }),
  );
}

/** Cut to the terminal's width: a wrapped line would break the redrawing. Style marks take no room. */
function fit(text: string, width: number): string {
  let room = width - 1;
  let out = '';
  for (const character of text.replaceAll(/[\r\n]+/g, ' ')) {
    const isMark = character >= '\uE100' && character <= '\uE106';
    if (!isMark && room === 0) continue;
    if (!isMark) room -= 1;
    out += character;
  }
  return out;
}
