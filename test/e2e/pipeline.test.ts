import { existsSync, readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { RequestLogEntry } from '../../connectors/mailchimp/simulator.ts';
import { instantOf } from '../../src/demo/instant.ts';
import type { Seconds, World } from '../../src/demo/types.ts';
import { visible } from '../../src/demo/visible.ts';
import { createWorld } from '../../src/demo/world.ts';
import { type Bench, openBench } from './harness.ts';
import { withPublished, withWarehouse } from './tables.ts';
import { differencesOf, expectComplete, expectNoStack } from './truth.ts';

// The whole product as a user has it: commands in processes of their own, Temporal with its server, the published file.

const day = 86_400;
const counted = /^\/(lists|campaigns|reports)$|\/members$|\/sent-to$|\/email-activity$/;

/** Requests on which the bars are set: of the collections, not of what hangs below a click or a contact. */
const countedOf = (requests: readonly RequestLogEntry[]): readonly RequestLogEntry[] =>
  requests.filter(({ path }) => counted.test(path) && !path.includes('/click-details/'));

const youngAt = (world: World, at: Seconds): ReadonlySet<string> =>
  new Set(
    visible(world, at)
      .campaigns.filter(({ sentAt }) => sentAt !== null && at - sentAt <= 5 * day)
      .map(({ id }) => id),
  );

/** Pages of sent-to and of email-activity of these campaigns. */
function recipientPages(world: World, at: Seconds, campaigns: ReadonlySet<string>): number {
  const sent = Map.groupBy(visible(world, at).recipients, ({ campaignId }) => campaignId);
  return [...campaigns].reduce((sum, id) => sum + 2 * Math.max(1, Math.ceil((sent.get(id)?.length ?? 0) / 1000)), 0);
}

describe('a project from its first run on', () => {
  // A seed without deletions on the next day, in whose old campaigns not everything moves.
  const seed = 37;
  const world = createWorld({ seed, size: 'tiny' });
  const [today, tomorrow] = [world.now, world.now + day];
  let bench: Bench;
  let first: Awaited<ReturnType<Bench['marts']>>;
  const config = { report: { language: 'vi', email_path: 'report/mail.html' } };
  beforeAll(async () => void (bench = await openBench({ seed, size: 'tiny', config })));
  afterAll(() => bench.close());

  it('the first run reads everything, and every number is the true one', async () => {
    expectComplete(await bench.cli('run'));
    expect(await differencesOf(bench, world, [today])).toEqual({});
    expect(await bench.simulator.violations()).toEqual([]);
    const mail = path.join(path.dirname(bench.report), 'mail.html');
    const [whole = '', short = ''] = [bench.report, mail].map((file) => readFileSync(file, 'utf8'));
    expect([whole, short].map((html) => /<html lang="(\w+)"/.exec(html)?.[1])).toEqual(['vi', 'vi']);
    expect(short).not.toContain('<script');
    rmSync(mail);
    expect((await bench.cli('report', '--email')).stdout.trim()).toBe(mail);
    expect(readFileSync(mail, 'utf8')).toBe(short);
    first = await bench.marts();
  });

  it('a second run with nothing changed asks little and changes no row', async () => {
    const raw = await bench.raw();
    await bench.simulator.resetRequests();
    const end = await bench.cli('run');
    expectComplete(end);
    expect(end.stdout).toMatch(/ 0 new, 0 changed, 0 deleted\./);
    expect(end.stdout).toMatch(/^Models and tests: 0 run, \d+ unchanged, 0 failed\.$/m);
    const young = youngAt(world, today);
    const requests = countedOf(await bench.simulator.requests());
    expect(requests.length).toBeGreaterThan(3);
    expect(requests.length).toBeLessThanOrEqual(3 + world.lists.length + recipientPages(world, today, young));
    expect(await bench.marts()).toEqual(first);
    expect(await bench.raw()).toEqual(raw);
  });

  it('a day later it asks for what moved alone, and every number is the true one of that day', async () => {
    const before = visible(world, today);
    const after = visible(world, tomorrow);
    const gone = world.memberships.filter(
      ({ deletedAt }) => deletedAt !== null && deletedAt > today && deletedAt <= tomorrow,
    );
    expect({ gone: gone.length, new: after.campaigns.length - before.campaigns.length }).toEqual({ gone: 0, new: 2 });
    const changed = world.memberships.filter(({ changes }) => changes.some(({ at }) => at > today && at <= tomorrow));
    expect(changed.length / world.memberships.length).toBeGreaterThan(0.01);
    const moved = [...after.reports].filter(
      ([id, report]) => JSON.stringify(before.reports.get(id)) !== JSON.stringify(report),
    );
    const due = new Set([...youngAt(world, tomorrow), ...moved.map(([id]) => id)]);
    expect(due.size).toBeLessThan(after.campaigns.length);

    await bench.moveTo(instantOf(tomorrow));
    await bench.simulator.resetRequests();
    expectComplete(await bench.cli('run'));
    const changedPages = world.lists.reduce((pages, list) => {
      const count = changed.filter(({ listId }) => listId === list.id).length;
      return pages + Math.max(1, Math.ceil(count / 1000));
    }, 0);
    const requests = countedOf(await bench.simulator.requests());
    expect(requests.length).toBeLessThanOrEqual(3 + changedPages + recipientPages(world, tomorrow, due));
    const asked = new Set(requests.flatMap(({ path }) => /^\/reports\/([^/]+)\/sent-to$/.exec(path)?.[1] ?? []));
    expect([...asked].filter((id) => !due.has(id))).toEqual([]);
    expect(await differencesOf(bench, world, [today, tomorrow])).toEqual({});
    expect(await bench.marts()).not.toEqual(first);
  });

  it('a schedule from the configuration fires and runs the pipeline', async () => {
    const before = await bench.marts();
    bench.writeConfig({ schedule: { every: 'PT2S' } });
    const worker = await bench.startWorker();
    expect(worker.stderr()).toMatch(/^Schedule: PT2S\.$/m);
    let runId = '';
    for (const until = performance.now() + 90_000; performance.now() < until && !runId.startsWith('scheduled-');) {
      await delay(500);
      const rows = await withPublished(bench.published, (query) => query('select run_id from status.publication'));
      runId = String(rows[0]?.['run_id']);
    }
    expect(runId).toMatch(/^scheduled-/);
    const verdict = await withPublished(bench.published, (query) =>
      query(`select status, verdict from status.runs where run_id = '${runId}'`),
    );
    expect(verdict).toMatchObject([
      { status: 'done', verdict: expect.stringContaining('"kind":"complete"') as string },
    ]);
    expect((await worker.stop()).code).toBe(0);
    expect(await bench.marts()).toEqual(before);
  });
});

describe('a run that is interrupted', () => {
  // A seed with deletions and an archiving on the next day.
  const seed = 22;
  const world = createWorld({ seed, size: 'tiny' });
  const [today, tomorrow] = [world.now, world.now + day];
  let bench: Bench;
  // Slow enough for streams to be seen ending one by one, whatever a look at the progress takes.
  beforeAll(async () => void (bench = await openBench({ seed, size: 'tiny', latencyMs: 250 })));
  afterAll(() => bench.close());

  it('ends at once with 130 and says so; the next run goes on from there and ends with the true numbers', async () => {
    const run = bench.start('run');
    await run.until(/sent_to complete|email_activity complete/);
    const interrupted = performance.now();
    run.interrupt();
    const end = await run.ended;
    expect(performance.now() - interrupted).toBeLessThan(2_500);
    expect(end.stderr).toContain('INTERRUPTED');
    expectNoStack(end);
    expect(end.code).toBe(130);

    const loaded = await withWarehouse(bench.warehouse, (query) =>
      query("select stream, item from ops.checkpoint where stream in ('sent_to', 'email_activity')"),
    );
    expect(loaded.length).toBeGreaterThan(0);
    await bench.simulator.resetRequests();
    const next = await bench.cli('run');
    expectComplete(next);
    // As its project says, no run of this one has written a report.
    expect([existsSync(bench.report), /^Report:/m.test(next.stdout)]).toEqual([false, false]);
    const again = await bench.simulator.requests();
    const young = youngAt(world, today);
    const repeated = loaded
      .filter(({ item }) => !young.has(String(item)))
      .map(({ stream, item }) => `/reports/${String(item)}/${String(stream).replace('_', '-')}`)
      .filter((path) => again.some((request) => request.path === path));
    expect(repeated).toEqual([]);
    expect(await differencesOf(bench, world, [today])).toEqual({});
  });

  it('a day later, with contacts deleted and archived and two runs started at once, every number is the true one', async () => {
    const gone = world.memberships.filter(
      ({ deletedAt }) => deletedAt !== null && deletedAt > today && deletedAt <= tomorrow,
    );
    expect(gone.length).toBeGreaterThan(0);
    await bench.moveTo(instantOf(tomorrow));
    // Two people at once: one run, watched by both.
    const both = await Promise.all([bench.cli('run'), bench.cli('run')]);
    for (const end of both) expectComplete(end);
    expect(both.filter(({ stderr }) => stderr.includes('A run is going on already'))).toHaveLength(1);
    expect(await differencesOf(bench, world, [today, tomorrow])).toEqual({});
  });
});
