import { connectors } from '../../../connectors/index.ts';
import { createHash } from 'node:crypto';
import { chmodSync, existsSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { companyFileSpecs } from '../../demo/file-specs.ts';
import { companyAccountId, companyCurrency, companyName, companyZone } from '../../demo/profile.ts';
import { configSchemaFile } from '../../config/json-schema.ts';
import { sourceRegistry } from '../../config/registry.ts';
import { CliError } from '../cli-error.ts';
import { ensureIgnored } from '../init/project-files.ts';

const sendgridStreams = Object.keys(connectors['sendgrid']?.streams ?? {}).filter((name) => name !== 'activity');

/** The demo's folder, ready for the simulator. */
export type DemoPlace = {
  readonly apiKey: string;
  readonly sendgridApiKey: string;
  /** Where the simulator says its address. */
  readonly stateFile: string;
  /** Folder of the company's own files. */
  readonly filesFolder: string;
  /** Writes mailmart.yaml for the simulators' addresses. */
  writeConfig(simulator: DemoSimulators): void;
  /** Up to when the simulator has posted its webhook; undefined: never. */
  postedUntil(): string | undefined;
  notePostedUntil(instant: string): void;
};

/** Addresses of the simulators, and the key that SendGrid's webhook is signed with. */
export type DemoSimulators = {
  readonly url: string;
  readonly sendgrid: { readonly url: string; readonly publicKey: string };
};

/** Id of the company's SendGrid account, as the demo's world has it. */
export const sendgridAccountId = 'lifecycle-mail';

type Marker = { readonly seed: number; readonly posted_until?: string };

/** Makes or reuses the demo's folder. A folder that is not a demo of this seed is never touched. */
export function prepareDemo(dir: string, options: { readonly seed: number; readonly fresh: boolean }): DemoPlace {
  const state = join(dir, '.mailmart');
  const marker = join(state, 'demo.json');
  const known = existsSync(marker) ? (JSON.parse(readFileSync(marker, 'utf8')) as Marker) : undefined;
  if (known === undefined && existsSync(dir) && readdirSync(dir).length > 0) {
    throw refusal(dir, 'is not empty and not a demo', 'Choose another folder with --dir.');
  }
  if (known !== undefined && known.seed !== options.seed && !options.fresh) {
    throw refusal(
      dir,
      `holds the demo of seed ${known.seed}`,
      'Choose another folder with --dir, or start over with --fresh.',
    );
  }
  if (known !== undefined && options.fresh) {
    for (const name of ['.mailmart', 'data', 'report', 'mailmart.yaml'])
      rmSync(join(dir, name), { recursive: true, force: true });
  }
  mkdirSync(join(state, 'secrets'), { recursive: true, mode: 0o700 });
  const seeded = (purpose: string): string =>
    createHash('sha256').update(`mailmart demo ${purpose} ${options.seed}`).digest('hex');
  const apiKey = `${seeded('key').slice(0, 32)}-us1`;
  writePrivate(join(state, 'secrets', companyAccountId), apiKey);
  const sendgridApiKey = `SG.${seeded('sendgrid key').slice(0, 40)}`;
  writePrivate(join(state, 'secrets', sendgridAccountId), sendgridApiKey);
  // From the seed, so that the keys of the demo's people are the same on every machine.
  writePrivate(join(state, 'person-salt'), seeded('salt'));
  writeFileSync(join(state, 'config.schema.json'), configSchemaFile(sourceRegistry));
  const readMarker = (): Marker =>
    existsSync(marker) ? (JSON.parse(readFileSync(marker, 'utf8')) as Marker) : { seed: options.seed };
  const writeMarker = (content: Marker): void => writeFileSync(marker, `${JSON.stringify(content)}\n`);
  writeMarker(readMarker());
  ensureIgnored(dir);
  return {
    apiKey,
    sendgridApiKey,
    stateFile: join(state, 'simulator.json'),
    filesFolder: join(dir, 'data'),
    writeConfig: (simulators) => writeFileSync(join(dir, 'mailmart.yaml'), demoConfig(simulators)),
    postedUntil: () => readMarker().posted_until,
    notePostedUntil: (instant) => writeMarker({ ...readMarker(), posted_until: instant }),
  };
}

function writePrivate(path: string, text: string): void {
  writeFileSync(path, text, { mode: 0o600 });
  chmodSync(path, 0o600);
}

function refusal(dir: string, what: string, fix: string): CliError {
  return new CliError({
    code: 'USAGE',
    exit: 'usage',
    what: `The folder ${what}; nothing was changed.`,
    where: dir,
    fix,
  });
}

function demoConfig({ url, sendgrid }: DemoSimulators): string {
  const files = stringify(companyFileSpecs, { lineWidth: 0 })
    .trimEnd()
    .split('\n')
    .map((line) => `      ${line}`)
    .join('\n');
  return `# yaml-language-server: $schema=.mailmart/config.schema.json
# Written by mailmart demo. Every key: mailmart schema.
company: { name: ${companyName}, time_zone: ${companyZone}, currency: ${companyCurrency} }
warehouse: { engine: duckdb, path: .mailmart/warehouse.duckdb }
sources:
  # A simulator of the Mailchimp API on this machine; it runs while mailmart demo runs.
  - id: ${companyAccountId}
    type: mailchimp
    credentials: { api_key: "\${file:.mailmart/secrets/${companyAccountId}}" }
    base_url: ${url}
    streams: all

  # A simulator of the SendGrid API; its webhook was posted to mailmart receive before the sync.
  - id: ${sendgridAccountId}
    type: sendgrid
    credentials: { api_key: "\${file:.mailmart/secrets/${sendgridAccountId}}" }
    base_url: ${sendgrid.url}
    webhook: { public_keys: [${sendgrid.publicKey}] }
    # All but activity: SendGrid answers it six times a minute, and the logs hold the same.
    streams: [${sendgridStreams.join(', ')}]

  # The company's own books: costs, conversions, exchange rates, other revenue.
  - id: books
    type: file
    files:
${files}

# The first word of a campaign's name says what it is for; of several rules that match, the later one wins.
campaigns:
  - { match: "^Newsletter", goal: customer_marketing }
  - { match: "^(Launch|Sale)", goal: customer_acquisition, conversion_value: 12.50 }
  - { match: "^Guide", goal: lead_generation, conversion_value: 4.00 }
report: { path: report/index.html }
`;
}
