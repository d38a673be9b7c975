import { spawn } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { batchesInPlan, contentAfter, kills } from './crash-plan.ts';
import { createFixture } from './load-fixture.ts';
import { openPublished } from './published.ts';

const child = fileURLToPath(new URL('crash-child.ts', import.meta.url));
const lanes = 2;

type Line = { opened?: number; rows?: string[]; committed?: number; finished?: boolean };

/** Starts the child, kills it `delayMs` after it has opened the warehouse (never, when null), returns what it said. */
async function runChild(folder: string, runId: string, delayMs: number | null): Promise<readonly Line[]> {
  const started = spawn(process.execPath, [child, folder, runId], { stdio: ['ignore', 'pipe', 'inherit'] });
  const ended = new Promise<void>((resolve) => started.on('close', () => resolve()));
  let text = '';
  let isKilled = false;
  started.stdout.setEncoding('utf8');
  started.stdout.on('data', (chunk: string) => {
    text += chunk;
    if (delayMs === null || isKilled || !text.includes('\n')) return;
    isKilled = true;
    void sleep(delayMs).then(() => started.kill('SIGKILL'));
  });
  await ended;
  return text
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line) as Line);
}

/** Small generator with a printed seed, so that a failing sequence of kills can be repeated. */
function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

test(
  `after ${kills} kills at random moments the warehouse holds what was acknowledged, once`,
  { timeout: 60_000 + kills * 3_000 },
  async () => {
    const seed = Number(process.env['MAILMART_TEST_SEED'] ?? Date.now() % 1_000_000);
    const random = randomFrom(seed);
    await Promise.all(
      Array.from({ length: lanes }, async () => {
        const fixture = createFixture();
        let acknowledged = 0;
        for (let kill = 0; kill <= kills / lanes; kill += 1) {
          const isLast = kill === kills / lanes;
          const lines = await runChild(fixture.folder, `run-${kill}`, isLast ? null : Math.floor(random() ** 2 * 120));
          const where = `seed ${seed}, kill ${kill}`;
          const opened = lines[0]?.opened ?? -1;
          // The commit may be durable although its acknowledgement was killed, never the other way round.
          expect({ where, isExpected: opened === acknowledged || opened === acknowledged + 1 }).toEqual({
            where,
            isExpected: true,
          });
          expect({ where, rows: lines[0]?.rows }).toEqual({ where, rows: contentAfter(opened) });
          acknowledged = lines.findLast((line) => line.committed !== undefined)?.committed ?? opened;
          if (existsSync(fixture.publishedPath)) await checkPublished(fixture.publishedPath, acknowledged, where);
          if (isLast) expect(lines.at(-1)).toEqual({ finished: true });
        }
        expect(acknowledged).toBe(batchesInPlan);
        const warehouse = await fixture.open();
        const rows = await warehouse.query('select count(*) as loads, sum(rows_inserted) as rows from ops.load_ledger');
        expect(rows).toEqual([{ loads: batchesInPlan, rows: contentAfter(batchesInPlan).length }]);
        await warehouse.close();
        expect(readdirSync(fixture.folder).filter((name) => name.includes('tmp-'))).toEqual([]);
        fixture.remove();
      }),
    );
  },
);

/** The published copy is always whole: both tables are of one batch, and no newer than what was committed. */
async function checkPublished(path: string, acknowledged: number, where: string): Promise<void> {
  const published = await openPublished(path);
  const { rows } = await published.query(
    'select batch, members, (select count(*) from marts.members) from marts.batch',
  );
  const [batch, members, counted] = (rows[0] ?? []).map(Number);
  const expected = contentAfter(batch ?? 0).length;
  expect({ where, members, counted }).toEqual({ where, members: expected, counted: expected });
  expect(batch).toBeLessThanOrEqual(acknowledged + 1);
  published.close();
}
