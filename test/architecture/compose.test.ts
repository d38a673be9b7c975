import { Ajv2020 } from 'ajv/dist/2020.js';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';

const root = path.resolve(import.meta.dirname, '../..');
const read = (file: string): string => readFileSync(path.join(root, file), 'utf8');

type Service = {
  readonly image?: string;
  readonly build?: unknown;
  readonly healthcheck?: { readonly disable?: boolean; readonly test?: unknown };
  readonly depends_on?: unknown;
  readonly ports?: readonly unknown[];
  readonly volumes?: readonly unknown[];
  readonly environment?: Readonly<Record<string, unknown>>;
  readonly cap_drop?: readonly string[];
  readonly security_opt?: readonly string[];
  readonly privileged?: boolean;
  readonly mem_limit?: unknown;
  readonly 'x-no-healthcheck'?: string;
  readonly 'x-healthcheck-in-image'?: string;
};
type Compose = {
  readonly services: Readonly<Record<string, Service>>;
  readonly volumes?: Readonly<Record<string, unknown>>;
};

/** The formats are Compose's own, and named for its loader: JSON Schema has none of them. */
const matchesSpecification = new Ajv2020({ strict: false, validateFormats: false, allErrors: true }).compile(
  JSON.parse(read('tools/compose/compose-spec.json')) as object,
);

/** What is wrong with a compose file, one line each. */
function faultsOf(text: string, howTo: string): readonly string[] {
  const compose = parse(text, { merge: true }) as Compose;
  const faults: string[] = [];
  if (!matchesSpecification(compose)) {
    for (const { instancePath, message } of matchesSpecification.errors ?? [])
      faults.push(`specification: ${instancePath} ${message}`);
    return faults;
  }
  for (const [name, service] of Object.entries(compose.services)) {
    faults.push(
      ...serviceFaults(service, new Set(Object.keys(compose.volumes ?? {}))).map((fault) => `${name}: ${fault}`),
    );
  }
  const used = [...text.matchAll(/\$\{([A-Za-z_][A-Za-z0-9_]*)/g)].map(([, name]) => name ?? '');
  for (const name of new Set(used)) if (!howTo.includes(`\`${name}\``)) faults.push(`\${${name}} is not in the how-to`);
  return faults;
}

function serviceFaults(service: Service, volumes: ReadonlySet<string>): readonly string[] {
  const faults: string[] = [];
  const { healthcheck } = service;
  const checked = healthcheck?.test !== undefined && healthcheck.disable !== true;
  const inImage = service['x-healthcheck-in-image'];
  const isInImage = service.build !== undefined && inImage !== undefined && /^HEALTHCHECK /m.test(read(inImage));
  if (!checked && !isInImage && (service['x-no-healthcheck'] ?? '').length < 20)
    faults.push('no health check, and no reason why');
  if (!/^[a-z0-9./-]+:v?\d+\.\d+(\.\d+)?(-[a-z0-9.]+)?$/.test(service.image ?? ''))
    faults.push(`image ${service.image} is not pinned to a version`);
  if (Array.isArray(service.depends_on)) faults.push('depends_on without conditions');
  for (const port of service.ports ?? [])
    if (typeof port !== 'string' || !/^127\.0\.0\.1:[^:]+(:-\d+\})?:\d+$/.test(port))
      faults.push(`port ${JSON.stringify(port)} is open to other machines`);
  for (const volume of service.volumes ?? []) faults.push(...volumeFaults(volume, volumes));
  for (const [key, value] of Object.entries(service.environment ?? {}))
    if (/passw|pwd|secret|token|salt|api_?key/i.test(key) && !/^\$\{[A-Z_]+:\?[^}]+\}$/.test(String(value)))
      faults.push(`${key} is written into the file, or may be empty`);
  if (service.privileged === true || service.cap_drop?.includes('ALL') !== true) faults.push('keeps capabilities');
  if (service.security_opt?.includes('no-new-privileges:true') !== true) faults.push('may gain privileges');
  if (service.mem_limit === undefined) faults.push('no memory limit');
  return faults;
}

function volumeFaults(volume: unknown, declared: ReadonlySet<string>): readonly string[] {
  const [source = '', isReadOnly] =
    typeof volume === 'string'
      ? [volume.split(':')[0], volume.endsWith(':ro')]
      : [(volume as { source?: string }).source, (volume as { read_only?: boolean }).read_only === true];
  const file = source.replace(/^\$\{[A-Z_]+:-(.*)\}$/, '$1');
  if (!file.startsWith('.') && !file.startsWith('/'))
    return declared.has(file) ? [] : [`volume ${file} is not declared`];
  return [
    ...(isReadOnly ? [] : [`${file} of the host can be written`]),
    ...(existsSync(path.join(root, file)) ? [] : [`${file} does not exist`]),
  ];
}

const composeFile = read('docker-compose.yml');
const howTo = read('docs/how-to/run-with-docker-compose.md');

describe('docker-compose.yml', () => {
  it('keeps the specification and our rules', () => {
    expect(faultsOf(composeFile, howTo)).toEqual([]);
  });

  const broken = [
    [
      'a key that Compose does not know',
      /^    restart: unless-stopped/m,
      '    restarts: always',
      /^specification: .*properties/,
    ],
    ['a condition that there is none of', 'service_healthy', 'service_fine', /^specification: /],
    ['a service without a health check', 'x-no-healthcheck: It runs', 'x-comment: It runs', /no health check/],
    [
      'a health check that is switched off',
      "test: [CMD, nc, -z, 127.0.0.1, '7233']",
      'disable: true',
      /temporal: no health check/,
    ],
    ['an image without a version', 'postgres:17.11-bookworm', 'postgres', /image postgres is not pinned/],
    ['the latest image', 'bigquery-emulator:0.8.1', 'bigquery-emulator:latest', /latest is not pinned/],
    ['an image pinned to a major version', 'postgres:17.11-bookworm', 'postgres:17', /postgres:17 is not pinned/],
    ['a volume that is not declared', /^  bigquery-wasm:$/m, '  bigquery-wsm:', /volume bigquery-wasm is not declared/],
    [
      'a file of the host that is not there',
      'temporal-schema.sh:/',
      'temporal-skema.sh:/',
      /temporal-skema.sh does not exist/,
    ],
    ['a folder of the host that can be written', 'buckets:/data:ro', 'buckets:/data', /can be written/],
    [
      'a dependency without a condition',
      'depends_on: { storage: { condition: service_healthy } }',
      'depends_on: [storage]',
      /depends_on without/,
    ],
    ['a port for all the world', '127.0.0.1:${TEMPORAL_PORT', '${TEMPORAL_PORT', /open to other machines/],
    ['a port of 0.0.0.0', '127.0.0.1:${TEMPORAL_UI_PORT', '0.0.0.0:${TEMPORAL_UI_PORT', /open to other machines/],
    [
      'a variable that nobody explains',
      '${TEMPORAL_PORT:-',
      '${MYSTERY_PORT:-',
      /\$\{MYSTERY_PORT\} is not in the how-to/,
    ],
    ['a password in the file', /\$\{POSTGRES_PASSWORD:\?[^}]*\}/, 'temporal', /POSTGRES_PASSWORD is written/],
    ['a password that may be empty', '${POSTGRES_PASSWORD:?', '${POSTGRES_PASSWORD:-', /POSTGRES_PWD is written/],
    ['capabilities', 'cap_drop: [ALL]', 'cap_drop: [NET_RAW]', /keeps capabilities/],
    ['new privileges', 'no-new-privileges:true', 'no-new-privileges:false', /may gain privileges/],
    ['memory without a limit', /^    mem_limit: 2g\n/m, '', /no memory limit/],
  ] as const;
  it.each(broken)('is not let through with %s', (_what, from, to, fault) => {
    const text = composeFile.replace(from, () => to);
    expect(text).not.toBe(composeFile);
    expect(faultsOf(text, howTo)).toContainEqual(expect.stringMatching(fault));
  });

  it('is changed by docker-compose.google-cloud.yml in services and variables that it has', () => {
    const { services } = parse(composeFile, { merge: true }) as Compose;
    const change = parse(read('docker-compose.google-cloud.yml'), {
      customTags: [{ tag: '!reset', resolve: () => null }],
    }) as Compose;
    for (const [name, service] of Object.entries(change.services)) {
      expect(Object.keys(services)).toContain(name);
      const known = Object.keys(services[name]?.environment ?? {});
      expect(known).toEqual(expect.arrayContaining(Object.keys(service.environment ?? {})));
    }
  });

  it('has an example whose project is the emulator’s and whose bucket is there', () => {
    const example = parse(read('examples/compose/mailmart.yaml')) as {
      readonly warehouse: { readonly project: string };
      readonly landing: { readonly path: string };
    };
    expect(composeFile).toContain(`--project=${example.warehouse.project},`);
    expect(existsSync(path.join(root, 'examples/compose/buckets', new URL(example.landing.path).host))).toBe(true);
  });
});

/** What is wrong with a Dockerfile, one line each. */
function dockerfileFaults(text: string): readonly string[] {
  const lines = text
    .replaceAll(/\\\n/g, ' ')
    .split('\n')
    .filter((line) => /^[A-Z]/.test(line));
  const last = (word: string): string | undefined => lines.findLast((line) => line.startsWith(`${word} `));
  const from = lines.filter((line) => line.startsWith('FROM '));
  return [
    ...from.filter((line) => !/^FROM [a-z/]+:\d+\.\d+\.\d+-[a-z0-9-]+( AS [a-z]+)?$/.test(line)),
    ...(new Set(from.map((line) => line.split(' ')[1])).size === 1 ? [] : ['stages of different bases']),
    ...(/^USER [1-9]\d*:[1-9]\d*$/.test(last('USER') ?? '') ? [] : ['runs as root, or as a user without a number']),
    ...lines.filter((line) => line.startsWith('ADD ')),
    ...lines.filter((line) => /^(ENV|ARG) .*(passw|secret|token|salt|api_?key)/i.test(line)),
    ...lines.filter((line) => /^COPY (--\S+ )*\.\s/.test(line)),
    ...(last('ENTRYPOINT')?.startsWith('ENTRYPOINT ["') === true ? [] : ['no ENTRYPOINT in exec form']),
    ...(/^HEALTHCHECK .*CMD \["/.test(last('HEALTHCHECK') ?? '') ? [] : ['no HEALTHCHECK in exec form']),
    ...(last('STOPSIGNAL') === 'STOPSIGNAL SIGTERM' ? [] : ['another signal than SIGTERM']),
  ];
}

describe('Dockerfile', () => {
  const text = read('Dockerfile');
  it('keeps our rules', () => {
    expect(dockerfileFaults(text)).toEqual([]);
  });

  const broken = [
    ['a base that moves', 'FROM node:24.19.0-bookworm-slim AS packages', 'FROM node:24 AS packages'],
    ['two bases', 'FROM node:24.19.0-bookworm-slim AS packages', 'FROM node:24.1.0-bookworm-slim AS packages'],
    ['root', 'USER 1000:1000', 'USER root'],
    ['no user', 'USER 1000:1000\n', ''],
    ['a download', 'COPY bin bin', 'ADD https://example.com/bin bin'],
    ['a secret', 'NODE_ENV=production', 'MAILCHIMP_API_KEY=abc'],
    ['the whole folder', 'COPY bin bin', 'COPY . .'],
    ['a shell as its first process', /^ENTRYPOINT .*$/m, 'ENTRYPOINT node bin/mailmart.js'],
    ['no health check', /^HEALTHCHECK[^\]]*\]\n/m, ''],
    ['another signal', 'STOPSIGNAL SIGTERM', 'STOPSIGNAL SIGKILL'],
  ] as const;
  it.each(broken)('is not let through with %s', (_what, from, to) => {
    const changed = text.replace(from, () => to);
    expect(changed).not.toBe(text);
    expect(dockerfileFaults(changed)).not.toEqual([]);
  });

  it('copies only what .dockerignore lets through', () => {
    const allowed = read('.dockerignore')
      .split('\n')
      .filter((line) => line.startsWith('!'))
      .map((line) => line.slice(1));
    const copied = text
      .split('\n')
      .filter((line) => /^COPY (?!--from)/.test(line))
      .flatMap((line) => line.split(' ').slice(1, -1))
      .map((source) => source.split('/')[0]);
    expect(new Set(copied)).toEqual(new Set(allowed));
    for (const file of allowed) expect([file, existsSync(path.join(root, file))]).toEqual([file, true]);
  });
});
