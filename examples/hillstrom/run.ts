/**
 * Runs a real campaign through mailmart and prints its two tables.
 *   node examples/hillstrom/run.ts [FILE] [--dir FOLDER]
 * FILE or $HILLSTROM_CSV: the data set, as .csv or .csv.gz.
 * Without either, the copy in $MAILMART_SHARED/data (default ../shared) is used, else it is downloaded from its public address.
 * Whatever its way, its SHA-256 must be that of the published file. FOLDER: works on a copy of this project there, not here.
 */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cpSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { gunzipSync, gzipSync } from 'node:zlib';

const publicAddress =
  'http://www.minethatdata.com/Kevin_Hillstrom_MineThatData_E-MailAnalytics_DataMiningChallenge_2008.03.20.csv';
const publishedSha256 = '0e5893329d8b93cefecc571777672028290ab69865718020c78c7284f291aece';

const { values, positionals } = parseArgs({ options: { dir: { type: 'string' } }, allowPositionals: true });
const root = path.resolve(import.meta.dirname, '../..');
const project = values.dir === undefined ? import.meta.dirname : path.resolve(values.dir);

/** Bytes of the published CSV, unpacked and checked. */
async function published(): Promise<Buffer> {
  const shared = path.resolve(root, process.env['MAILMART_SHARED'] ?? '../shared', 'data/hillstrom.csv.gz');
  const given = positionals[0] ?? process.env['HILLSTROM_CSV'];
  let bytes: Buffer;
  if (given !== undefined) bytes = readFileSync(path.resolve(given));
  else if (existsSync(shared)) bytes = readFileSync(shared);
  else bytes = await download();
  if (bytes[0] === 0x1f && bytes[1] === 0x8b) bytes = gunzipSync(bytes);
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  if (sha256 !== publishedSha256) {
    throw new Error(`the data set is not the published file: its SHA-256 is ${sha256}, expected ${publishedSha256}`);
  }
  return bytes;
}

async function download(): Promise<Buffer> {
  process.stderr.write(`downloading ${publicAddress}\n`);
  const answer = await fetch(publicAddress, { redirect: 'error', signal: AbortSignal.timeout(120_000) }).catch(
    () => null,
  );
  if (answer?.ok !== true) {
    throw new Error(
      `the data set could not be downloaded: fetch it by hand and give its path, as an argument or in HILLSTROM_CSV`,
    );
  }
  return Buffer.from(await answer.arrayBuffer());
}

/** The files of the project, without what earlier runs left here. */
function copyProject(): void {
  mkdirSync(project, { recursive: true });
  for (const name of ['mailmart.yaml', 'campaign.csv', 'costs.csv']) {
    cpSync(path.join(import.meta.dirname, name), path.join(project, name));
  }
}

/** Runs mailmart in the project's folder; its output goes straight to the terminal. */
function mailmart(...args: readonly string[]): void {
  const { status } = spawnSync(process.execPath, [path.join(root, 'bin/mailmart.js'), ...args], {
    cwd: project,
    stdio: 'inherit',
  });
  if (status !== 0) process.exit(status ?? 1);
}

try {
  if (project !== import.meta.dirname) copyProject();
  const input = path.join(project, '.mailmart/input');
  mkdirSync(input, { recursive: true });
  writeFileSync(path.join(input, 'hillstrom.csv.gz'), gzipSync(await published()));
} catch (error) {
  process.stderr.write(`example-hillstrom: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exit(3);
}

mailmart('run');
process.stdout.write('\nThe test: each group against the hold-out\n');
mailmart(
  'query',
  `select label, metric, recipient_count, success_count, success_rate, lift_rate, difference_low_rate, difference_high_rate,
          p_value, revenue_amount, incremental_revenue_amount, incremental_profit_amount, incremental_profit_per_recipient_amount
     from marts.ab_test_results order by metric, label`,
);
process.stdout.write('\nThe campaign: the two e-mails that were sent\n');
mailmart(
  'query',
  `select name, revenue_amount, refund_amount, cost_of_goods_amount, esp_fee_amount, creative_amount, total_cost_amount,
          profit_amount, profit_margin_rate, roi_rate, currency_code from marts.campaign_profit`,
);
