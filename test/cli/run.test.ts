import { spawn } from 'node:child_process';
import { renameSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { outputSchemas } from '../../src/cli/json-schemas.ts';
import { books, company, runCli, temporaryFolder } from './run-cli.ts';
import type { CliOptions } from './run-cli.ts';

const canary = '0123456789abcdef0123456789abcdef-us1';

let folder: ReturnType<typeof temporaryFolder>;
beforeEach(() => {
  folder = temporaryFolder();
});
afterEach(() => folder.remove());

const cli = (args: readonly string[], options: Partial<CliOptions> = {}) =>
  runCli(args, { cwd: folder.path, ...options });

/** What a container's health check says of the worker. */
function health(): Promise<{ readonly code: number | null; readonly stderr: string }> {
  const program = fileURLToPath(new URL('../../src/worker-health.ts', import.meta.url));
  const child = spawn(process.execPath, [program, folder.path], { stdio: ['ignore', 'ignore', 'pipe'] });
  let stderr = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  return new Promise((done) => child.once('close', (code) => done({ code, stderr })));
}

/** A Mailchimp that answers everything alike. */
async function fakeMailchimp(
  status: number,
  headers: Readonly<Record<string, string>>,
): Promise<{ readonly url: string; close(): void }> {
  const server = createServer((_request, response) => {
    response.writeHead(status, { 'content-type': 'application/problem+json', ...headers });
    response.end(JSON.stringify({ type: 'about:blank', title: 'No', status, detail: 'no', instance: 'x' }));
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/3.0`,
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}

describe('sync, with real processes', { timeout: 180_000 }, () => {
  it('ends with 0, then with 5 and the reason when a record is bad, and changes nothing the second time', async () => {
    folder.write('mailmart.yaml', `${company}${books}`);
    folder.write('costs.csv', 'cost_id,kind,amount,day\n1,staff,10.50,2026-01-01\n2,tools,3,2026-01-02\n');
    const first = await cli(['sync', '--json']);
    const document = outputSchemas['sync']?.parse(JSON.parse(first.stdout)) as { accounts: { counts: object }[] };
    expect(document.accounts[0]?.counts).toMatchObject({ rowsInserted: 2, rowsQuarantined: 0 });
    expect(first.code).toBe(0);
    // Something is on the screen before anything heavy is loaded; the bound is wide for a busy machine.
    expect(first.firstMs).toBeLessThan(2000);
    expect(first.stderr.split('\n')[0]).toBe('Starting the sync …');

    folder.write('costs.csv', 'cost_id,kind,amount,day\n1,staff,10.50,2026-01-01\n2,tools,three,2026-01-02\n');
    const second = await cli(['sync', 'books']);
    expect(second.code).toBe(5);
    expect(second.stdout).toContain('In quarantine: 1 record. See why: mailmart query "from status.quarantine"');
    expect(second.stderr.trimEnd().split('\n').at(-1)).toMatch(/^Not complete \(incomplete\)/);
    expect(second.stderr).not.toMatch(/^\s+at /m);

    const quarantine = await cli(['query', 'select path, reason from status.quarantine', '--csv']);
    expect(quarantine.stdout).toMatch(/^path,reason\ncosts\.amount,/);
    const status = await cli(['status']);
    expect(status.stdout).toMatch(/books\/costs: 1 × costs\.amount/);

    folder.write('costs.csv', 'cost_id,kind,amount,day\n1,staff,10.50,2026-01-01\n2,tools,3,2026-01-02\n');
    expect((await cli(['sync', 'books'])).code).toBe(0);
    expect((await cli(['status'])).stdout).not.toContain('quarantine:');
    const mended = await cli(['query', 'select row_count, open_count from status.quarantine', '--csv']);
    expect(mended.stdout).toBe('row_count,open_count\n1,0\n');
  });

  it.each([
    [401, {}, 4, 'SOURCE_AUTH'],
    [429, { 'retry-after': '7200' }, 7, 'SOURCE_QUOTA'],
  ] as const)('answers of %i %j end with %i', async (answer, headers, exit, code) => {
    const server = await fakeMailchimp(answer, headers);
    try {
      folder.write(
        'mailmart.yaml',
        `${company}sources:\n  - id: shop\n    type: mailchimp\n    base_url: ${server.url}\n    credentials: { api_key: "\${env:MC_KEY}" }\n    streams: [lists]\n`,
      );
      const result = await cli(['sync'], { env: { MC_KEY: canary } });
      expect(result.stderr).toContain(`Error ${code}: `);
      expect(result.code).toBe(exit);
      expect(`${result.stdout}${result.stderr}`).not.toContain(canary);
    } finally {
      server.close();
    }
  });

  it('says which secret is missing, and ends with 3', async () => {
    folder.write(
      'mailmart.yaml',
      `${company}sources:\n  - { id: shop, type: mailchimp, credentials: { api_key: "\${env:MC_KEY}" }, streams: [lists] }\n`,
    );
    const { code, stderr } = await cli(['sync']);
    expect(stderr).toContain('The environment variable MC_KEY is not set.');
    expect(code).toBe(3);
  });

  it('says whose rows count although nobody reads them: a source that got another id has them twice', async () => {
    folder.write('mailmart.yaml', `${company}${books}`);
    folder.write('costs.csv', 'cost_id,kind,amount,day\n1,staff,10.50,2026-01-01\n');
    const left = 'mailmart.yaml does not name, as they were read last, and count them: books. ';
    expect((await cli(['sync'])).stderr).not.toContain(left);
    folder.write('mailmart.yaml', `${company}${books.replace('id: books', 'id: ledger')}`);
    for (const args of [['status'], ['plan'], ['sync'], ['sync']]) {
      const { stderr } = await cli(args);
      expect([args, stderr]).toEqual([args, expect.stringContaining(left)]);
    }
    folder.write('mailmart.yaml', `${company}${books}`);
    expect((await cli(['status'])).stderr).toContain('and count them: ledger. ');
  });

  it('says at once that the report cannot be written, and where: its numbers are published', async () => {
    folder.write('mailmart.yaml', `${company}${books}report: { path: costs.csv/index.html }\n`);
    folder.write('costs.csv', 'cost_id,kind,amount,day\n1,staff,10.50,2026-01-01\n');
    const { code, stderr } = await cli(['run']);
    const report = join(folder.path, 'costs.csv');
    expect(stderr).toContain(`Error FILE_WRITE: ${report} cannot be used: `);
    expect(code).toBe(1);
    const costs = await cli(['query', 'select sum(total_cost_amount) as cost from marts.profit_monthly', '--csv']);
    expect(costs.stdout).toBe('cost\n10.500000000\n');
  });

  it('says when no Temporal server can be had', async () => {
    folder.write('mailmart.yaml', `${company}${books}temporal: { address: "127.0.0.1:1" }\n`);
    folder.write('costs.csv', 'cost_id,kind,amount,day\n');
    const { code, stderr } = await cli(['sync']);
    expect(stderr).toContain('Error TEMPORAL_UNREACHABLE');
    expect(code).toBe(1);
  });

  it('stops within a second of Ctrl-C with 130, and goes on when it is run again', async () => {
    folder.write('mailmart.yaml', `${company}${books}`);
    const rows = Array.from({ length: 20_000 }, (_, row) => `${row},staff,1.00,2026-01-01`);
    folder.write('costs.csv', `cost_id,kind,amount,day\n${rows.join('\n')}\n`);
    let stoppedAt = 0;
    const first = await cli(['sync'], {
      onStart: (child) =>
        child.onOutput((text) => {
          if (stoppedAt > 0 || !/Planning|Syncing/.test(text)) return;
          stoppedAt = performance.now();
          child.kill('SIGINT');
        }),
    });
    expect(first.code).toBe(130);
    expect(performance.now() - stoppedAt).toBeLessThan(2500);
    expect(first.stderr).toContain('Error INTERRUPTED');

    const second = await cli(['sync', '--json']);
    expect(second.code).toBe(0);
    const rowsNow = await cli(['query', "select row_count from status.tables where stream = 'costs'", '--csv']);
    expect(rowsNow.stdout).toBe('row_count\n20000\n');
  });

  it('goes on in a folder that was moved after a kill: no worker would take up the run of its former name', async () => {
    folder.write('mailmart.yaml', `${company}${books}`);
    const rows = Array.from({ length: 20_000 }, (_, row) => `${row},staff,1.00,2026-01-01`);
    folder.write('costs.csv', `cost_id,kind,amount,day\n${rows.join('\n')}\n`);
    const killed = await cli(['sync'], {
      onStart: (child) => child.onOutput((text) => /Planning|Syncing/.test(text) && child.kill('SIGKILL')),
    });
    expect(killed.code).toBeNull();
    const moved = `${folder.path}-moved`;
    try {
      renameSync(folder.path, moved);
      const { code, stderr } = await cli(['sync'], { cwd: moved });
      expect([stderr, code]).toEqual([expect.stringContaining('Complete in'), 0]);
    } finally {
      rmSync(moved, { recursive: true, force: true });
    }
  });

  it('uses a running worker, which ends in order', async () => {
    folder.write('mailmart.yaml', `${company}${books}`);
    folder.write('costs.csv', 'cost_id,kind,amount,day\n1,staff,10.50,2026-01-01\n');
    let stop: () => void = () => undefined;
    let ready: () => void = () => undefined;
    const running = new Promise<void>((done) => (ready = done));
    const worker = cli(['worker', '--json'], {
      onStart: (child) => {
        stop = () => child.kill('SIGTERM');
        child.onOutput((text) => text.includes('Stop it with Ctrl-C') && ready());
      },
    });
    await running;
    try {
      const second = await cli(['worker']);
      expect([second.code, second.stderr]).toEqual([1, expect.stringContaining('Error RUN_ACTIVE')]);
      const sync = await cli(['sync', '--json']);
      expect(sync.code).toBe(0);
      expect(await health()).toEqual({ code: 0, stderr: '' });
      folder.write('mailmart.yaml', `${company}${books.replace('id: books', 'id: books2')}`);
      for (const args of [['sync', 'books2'], ['transform'], ['plan'], ['worker']]) {
        const { code, stderr } = await cli(args);
        expect([args, code, stderr]).toEqual([args, 3, expect.stringContaining('Error CONFIG_CHANGED')]);
        expect(stderr).toContain('start `mailmart worker` again');
      }
      const reading = await cli(['status']);
      expect([reading.code, reading.stdout]).toEqual([0, expect.stringContaining('Complete: 1 streams.')]);
    } finally {
      stop();
    }
    const ended = await worker;
    expect(await health()).toEqual({ code: 1, stderr: expect.stringMatching(/^No worker of .* runs/) });
    expect(ended.code).toBe(0);
    expect(ended.stderr).toMatch(/^\S+Z sync \S+: complete$/m);
    outputSchemas['worker']?.parse(JSON.parse(ended.stdout));
  });
});

describe('secrets on the way', { timeout: 180_000 }, () => {
  it('are in no file that a run leaves behind', async () => {
    const server = await fakeMailchimp(500, {});
    try {
      folder.write('key', canary);
      folder.write(
        'mailmart.yaml',
        `${company}sources:\n  - id: shop\n    type: mailchimp\n    base_url: ${server.url}\n    credentials: { api_key: "\${file:key}" }\n    streams: [lists]\n`,
      );
      const check = await cli(['check', '--debug']);
      expect(`${check.stdout}${check.stderr}`).not.toContain(canary);
      const { readdirSync, readFileSync, statSync } = await import('node:fs');
      const holders = readdirSync(folder.path, { recursive: true })
        .map((name) => join(folder.path, String(name)))
        .filter((path) => statSync(path).isFile() && readFileSync(path).includes(canary));
      expect(holders).toEqual([join(folder.path, 'key')]);
    } finally {
      server.close();
    }
  });
});
