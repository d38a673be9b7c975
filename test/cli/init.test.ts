import { existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { checkConfig } from '../../src/config/check-config.ts';
import { sourceRegistry } from '../../src/config/registry.ts';
import { addSource } from '../../src/cli/init/add-source.ts';
import { runCli, temporaryFolder, type CliResult } from './run-cli.ts';

const canary = 'canary6789abcdef0123456789abcdef-us1';
const company = ['--name', 'Acme', '--time-zone', 'Europe/Berlin', '--currency', 'EUR'];
const shop = ['--type', 'mailchimp', '--id', 'shop', '--key-env', 'MAILCHIMP_API_KEY'];

let folder: ReturnType<typeof temporaryFolder>;
beforeEach(() => {
  folder = temporaryFolder();
});
afterEach(() => folder.remove());

const init = (args: readonly string[], input?: string) =>
  runCli(['init', '--no-input', ...args], { cwd: folder.path, ...(input !== undefined && { input }) });
const config = (): string => readFileSync(join(folder.path, 'mailmart.yaml'), 'utf8');

describe('init', () => {
  it('writes a commented configuration that check accepts', async () => {
    const { code } = await init([...company, ...shop]);
    expect(code).toBe(0);
    expect(config().split('\n')[0]).toBe('# yaml-language-server: $schema=.mailmart/config.schema.json');
    expect(existsSync(join(folder.path, '.mailmart/config.schema.json'))).toBe(true);
    expect(config().match(/^# /gm)?.length).toBeGreaterThan(5);
    const { sources } = checkConfig('x', Buffer.from(config()), sourceRegistry).config;
    expect(sources).toMatchObject([{ id: 'shop', options: { credentials: { api_key: '${env:MAILCHIMP_API_KEY}' } } }]);
    expect(readFileSync(join(folder.path, '.gitignore'), 'utf8')).toBe('.mailmart/\nreport/\n');
  });

  it('leaves an empty diff when it is run again', async () => {
    await init([...company, ...shop]);
    const before = config();
    const { code, stdout } = await init([...shop, '--json']);
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ action: 'unchanged' });
    expect(config()).toBe(before);
  });

  it.each([
    ['the source shop is there already, with other credentials', ['--key-env', 'OTHER']],
    ['with other base_url', [...shop.slice(4), '--base-url', 'http://127.0.0.1:1']],
    ['with other start_date', [...shop.slice(4), '--start-date', '2025-03-01']],
    ['with other time_zone', [...shop.slice(4), '--time-zone', 'Asia/Tokyo']],
    ['with other name, currency', [...shop.slice(4), '--name', 'Other', '--currency', 'USD']],
  ])('refuses to leave out what was asked for: %s', async (said, args) => {
    await init([...company, ...shop]);
    const before = config();
    const { code, stderr } = await init([...shop.slice(0, 4), ...args]);
    expect(code).toBe(3);
    expect(stderr.toLowerCase()).toContain(said);
    expect(config()).toBe(before);
  });

  it('puts a new key from standard input in the place of the old one', async () => {
    const key = ['--type', 'mailchimp', '--id', 'shop', '--key-stdin', '--json'];
    const file = join(folder.path, '.mailmart/secrets/shop');
    await init([...company, ...key], `${canary}\n`);
    const before = config();
    const action = async (input: string) => JSON.parse((await init(key, input)).stdout) as unknown;
    expect(await action(`${canary}\n`)).toMatchObject({ action: 'unchanged' });
    expect(await action('another6789abcdef0123456789abcdef-us1')).toMatchObject({ action: 'key_replaced' });
    expect(readFileSync(file, 'utf8')).toBe('another6789abcdef0123456789abcdef-us1');
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(config()).toBe(before);
  });

  it('takes a column of addresses for the person, and says which columns it takes for nothing', async () => {
    folder.write('orders.csv', 'order_id,E-Mail,ordered_at,amount,currency_code,shop,note\n');
    const files = ['--type', 'file', '--id', 'books', '--path', 'orders.csv', '--entity', 'orders'];
    const { code, stderr } = await init([...company, ...files]);
    expect(code).toBe(0);
    expect(stderr).toContain('nothing is read from: shop, note.');
    const { sources } = checkConfig('x', Buffer.from(config()), sourceRegistry).config;
    expect(sources[0]?.options).toMatchObject({ files: [{ map: [{ fields: { person: 'E-Mail' } }] }] });
  });

  it('adds a source and changes nothing else', async () => {
    await init([...company, ...shop]);
    const before = `${config()}# my own note\n`;
    folder.write('mailmart.yaml', before);
    await init(['--type', 'mailchimp', '--id', 'second', '--key-env', 'OTHER', '--start-date', '2025-03-01']);
    const added =
      '  - id: second\n    type: mailchimp\n    credentials: { api_key: "${env:OTHER}" }\n    start_date: 2025-03-01\n    streams: all\n';
    expect(config()).toContain(added);
    expect(config().replace(added, '')).toBe(before);
  });

  it.each([
    [['--name'], company.slice(2)],
    [['--time-zone'], [...company.slice(0, 2), ...company.slice(4)]],
    [['--currency'], company.slice(0, 4)],
    [['--type'], company],
    [['--id'], [...company, '--type', 'mailchimp']],
    [['--key-env, --key-file or --key-stdin'], [...company, '--type', 'mailchimp', '--id', 'shop']],
    [['--path'], [...company, '--type', 'file', '--id', 'books']],
    [
      ['--map amount=<column>'],
      [...company, '--type', 'file', '--id', 'b', '--path', 'x.csv', '--entity', 'costs', '--map', 'kind=k'],
    ],
  ])('without %j names it, asks nothing and writes nothing', async ([flag], args) => {
    const { code, stderr } = await init(args);
    expect(code).toBe(2);
    expect(stderr).toContain(`Error INPUT_REQUIRED: ${flag} is missing`);
    expect(existsSync(join(folder.path, 'mailmart.yaml'))).toBe(false);
  });

  it('keeps a key from standard input in a file of its own, and nowhere else', async () => {
    const { code, stdout, stderr } = await init(
      [...company, '--type', 'mailchimp', '--id', 'shop', '--key-stdin'],
      `${canary}\n`,
    );
    expect(code).toBe(0);
    const file = join(folder.path, '.mailmart/secrets/shop');
    expect(readFileSync(file, 'utf8')).toBe(canary);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(config()).toContain('"${file:.mailmart/secrets/shop}"');
    expect(`${config()}${stdout}${stderr}`).not.toContain(canary);
  });

  it.each([
    ['a key given as the name of a variable', ['--key-env', canary]],
    ['a hexadecimal key as the name of a variable', ['--key-env', 'abcdef0123456789abcdef0123456789']],
    ['two places for the key', ['--key-env', 'A', '--key-file', 'b']],
  ])('refuses %s', async (_name, args) => {
    const { code, stdout, stderr } = await init([...company, '--type', 'mailchimp', '--id', 'shop', ...args]);
    expect(code).toBe(2);
    expect(`${stdout}${stderr}`).not.toContain(canary);
    expect(existsSync(join(folder.path, 'mailmart.yaml'))).toBe(false);
  });

  it('refuses a key with a blank, and writes nothing', async () => {
    const { code, stderr } = await init(
      [...company, '--type', 'mailchimp', '--id', 'shop', '--key-stdin'],
      `${canary} x`,
    );
    expect(code).toBe(3);
    expect(stderr).not.toContain(canary);
    expect(existsSync(join(folder.path, '.mailmart'))).toBe(false);
  });

  it('says what is wrong with an answer, and what was meant', async () => {
    const { code, stderr } = await init([
      '--name',
      'A',
      '--time-zone',
      'Europe/Berln',
      ...company.slice(4),
      '--type',
      'none',
    ]);
    expect(code).toBe(2);
    expect(stderr).toContain('Did you mean Europe/Berlin?');
  });

  it('does not touch a configuration that is broken', async () => {
    folder.write('mailmart.yaml', 'company: [\n');
    const { code } = await init(shop);
    expect(code).toBe(3);
    expect(config()).toBe('company: [\n');
  });

  it('maps the columns of a file by their names and by --map', async () => {
    folder.write('orders.csv', 'Order ID,total,ordered_at,currency_code\n1,2.50,2026-01-01T00:00:00Z,EUR\n');
    const { code } = await init([
      ...company,
      '--type',
      'file',
      '--id',
      'books',
      '--path',
      'orders.csv',
      '--entity',
      'orders',
      '--map',
      'amount=total',
    ]);
    expect(code).toBe(0);
    const { sources } = checkConfig('x', Buffer.from(config()), sourceRegistry).config;
    expect(sources[0]?.options).toMatchObject({
      files: [
        {
          path: 'orders.csv',
          map: [
            {
              entity: 'orders',
              key: ['Order ID'],
              fields: { order_id: 'Order ID', amount: 'total', ordered_at: 'ordered_at' },
            },
          ],
        },
      ],
    });
  });

  it('sees that a file separates by another character, and says which columns it has where one is named that is not there', async () => {
    const file = (...maps: readonly string[]): Promise<CliResult> => {
      const what = ['--type', 'file', '--id', 'books', '--path', 'orders.csv', '--entity', 'orders'];
      return init([...company, ...what, ...maps.flatMap((map) => ['--map', map])]);
    };
    folder.write(
      'orders.csv',
      '\uFEFF"Order, ID";total;ordered_at;currency_code\r\n1;2,50;2026-01-01T00:00:00Z;EUR\r\n',
    );
    const wrong = await file('amount=totl');
    expect(wrong.code).toBe(2);
    expect(wrong.stderr).toContain('orders.csv has no column "totl"');
    expect(wrong.stderr).toContain('Order, ID, total, ordered_at, currency_code');
    expect(existsSync(join(folder.path, 'mailmart.yaml'))).toBe(false);
    expect((await file('amount=total', 'order_id=Order, ID')).code).toBe(0);
    const { sources } = checkConfig('x', Buffer.from(config()), sourceRegistry).config;
    expect(sources[0]?.options).toMatchObject({
      files: [
        { delimiter: ';', map: [{ key: ['Order, ID'], fields: { amount: 'total', currency_code: 'currency_code' } }] },
      ],
    });
  });

  it('prints a valid example', async () => {
    const { code, stdout } = await init(['--print']);
    expect(code).toBe(0);
    expect(checkConfig('x', Buffer.from(stdout), sourceRegistry).config.sources).toHaveLength(2);
    const asJson = JSON.parse((await init(['--print', '--json'])).stdout) as { action: string; text: string };
    expect(asJson).toMatchObject({ action: 'printed', text: stdout });
    expect(existsSync(join(folder.path, 'mailmart.yaml'))).toBe(false);
  });
});

describe('adding a source to a text', () => {
  const head = 'company: { name: A, time_zone: UTC, currency: EUR }\n';
  const lines = ['id: new', 'type: mailchimp', 'credentials: { api_key: "${env:K}" }'];
  const old = '{ id: old, type: mailchimp, credentials: { api_key: "${env:K}" } }';

  it.each([
    ['no sources', head],
    ['an empty list', `${head}sources: [] # none yet\ncampaigns: []\n`],
    ['a list in brackets', `${head}sources: [${old}] # one\n`],
    ['a list in brackets over lines', `${head}sources: [\n  ${old},\n]\ncampaigns: []\n`],
    ['a block', `${head}sources:\n  - ${old}\n\n# after\ncampaigns: []\n`],
    ['a block without indentation', `${head}sources:\n- ${old}\n# after\ncampaigns: []\n`],
    ['a block at the end without line break', `${head}sources:\n    - ${old} # last`],
    ['a block with line ends of Windows', `${head}sources:\n  - ${old}\ncampaigns: []\n`.replaceAll('\n', '\r\n')],
    ['no line break at the end', head.trimEnd()],
  ])('%s', (_name, text) => {
    const before = checkConfig('x', Buffer.from(text), sourceRegistry).config;
    const added = addSource(text, lines);
    const after = checkConfig('x', Buffer.from(added), sourceRegistry).config;
    expect(after.sources.map(({ id }) => id)).toEqual([...before.sources.map(({ id }) => id), 'new']);
    expect({ ...after, sources: [] }).toEqual({ ...before, sources: [] });
    // Comments stay, line ends stay.
    expect(added.match(/#.*/g) ?? []).toEqual(text.match(/#.*/g) ?? []);
    expect(added.split('\r\n').length > 1).toBe(text.includes('\r\n'));
  });
});
