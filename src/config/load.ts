import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, isAbsolute, join, resolve } from 'node:path';
import type { z } from 'zod';
import { registerSecret } from '../../connectors/_kit/redact.ts';
import { secretPlaces, withValues } from '../../connectors/_kit/secrets.ts';
import { checkConfig } from './check-config.ts';
import type { MailmartConfig, SourceConfig } from './check-config.ts';
import { injectedKeys } from './json-schema.ts';
import { isBucketPlace } from './landing-place.ts';
import { ConfigError } from './problems.ts';
import type { ConfigProblem } from './problems.ts';
import { sourceRegistry } from './registry.ts';
import type { SourceRegistry } from './registry.ts';
import { ensureSaltFile } from './salt.ts';
import { isReference, parseReference, readSecret, secretPath } from './secrets.ts';
import type { Env } from './secrets.ts';
import { pathText } from './path-text.ts';
import type { LocatedYaml, PathPart } from './yaml-text.ts';

export const configFileName = 'mailmart.yaml';

/** Absolute places of everything a project keeps. */
export type ProjectPaths = {
  /** `.mailmart/` beside mailmart.yaml. */
  readonly state: string;
  readonly warehouse: string;
  /** Read-only copy for `query`, `status` and the report. */
  readonly published: string;
  /** A folder, or `gs://bucket/folder`. */
  readonly landing: string;
  readonly temporalDb: string;
  readonly report: string;
  /** Where runs write the report in short; null when they do not. */
  readonly reportEmail: string | null;
  /** The salt file that is made on first use; null when the configuration names another reference. */
  readonly salt: string | null;
  readonly logs: string;
};

/** A loaded project. Secrets are looked up on each call, never kept. */
export type Project = {
  /** Folder of mailmart.yaml, absolute. */
  readonly dir: string;
  readonly file: string;
  /** SHA-256 of the file's bytes, hexadecimal: whether two processes work on the same configuration. */
  readonly configHash: string;
  readonly config: MailmartConfig;
  readonly paths: ProjectPaths;
  /** One configured source, or a ConfigError that names those there are. */
  source(sourceId: string): SourceConfig;
  /** The connector's own configuration of a source, secrets resolved and validated by its schema. */
  secret(sourceId: string): unknown;
  /** The secret of an alert channel (its `url` or `server`), resolved; null where it has none. */
  channelSecret(channelId: string): string | null;
  /** Salt of the person keys; the default file is made on first use. */
  salt(): string;
};

/**
 * Finds and reads mailmart.yaml: in `dir`, or from the working directory upwards.
 * Throws one ConfigError with every problem of the file, each with its line.
 */
export function loadProject(dir: string | undefined, env: Env, registry: SourceRegistry = sourceRegistry): Project {
  const file = findConfig(dir);
  let bytes: Uint8Array;
  try {
    bytes = readFileSync(file);
  } catch (error) {
    throw unreadable(file, error);
  }
  const shown = shownPath(file);
  const { config, yaml } = checkConfig(shown, bytes, registry);
  const configHash = createHash('sha256').update(bytes).digest('hex');
  return buildProject({ file, configHash, shown, config, yaml, env, registry });
}

/** Absolute path of the project's mailmart.yaml. */
export function findConfig(dir: string | undefined): string {
  const start = resolve(dir ?? '.');
  if (start.endsWith('.yaml') || start.endsWith('.yml')) return start;
  if (dir !== undefined) {
    const file = join(start, configFileName);
    if (existsSync(file)) return file;
    throw notFound(start, `${shownPath(start)} holds no ${configFileName}.`);
  }
  for (let folder = start; ; folder = dirname(folder)) {
    const file = join(folder, configFileName);
    if (existsSync(file)) return file;
    if (dirname(folder) === folder) break;
  }
  throw notFound(start, `There is no ${configFileName} in ${start} or in a folder above it.`);
}

function notFound(folder: string, what: string): ConfigError {
  const other = ['mailmart.yml', 'Mailmart.yaml', 'mailmart.json', 'mailmart.toml'].find((name) =>
    existsSync(join(folder, name)),
  );
  const fix =
    other === undefined
      ? 'Make one with `mailmart init`, or name the folder with `--project`. `mailmart demo` needs none.'
      : `Rename ${other} to ${configFileName}.`;
  return new ConfigError([{ code: 'CONFIG_NOT_FOUND', file: configFileName, path: '', what, fix }]);
}

function unreadable(file: string, error: unknown): ConfigError {
  const code = (error as NodeJS.ErrnoException).code;
  const missing = code === 'ENOENT';
  return new ConfigError([
    {
      code: missing ? 'CONFIG_NOT_FOUND' : 'CONFIG_UNREADABLE',
      file: shownPath(file),
      path: '',
      what: missing ? 'The file does not exist.' : `The file cannot be read (${code ?? 'unknown error'}).`,
      fix: missing ? 'Check the path, or make a project with `mailmart init`.' : 'Give this user read access to it.',
    },
  ]);
}

/** Relative to the working directory where that is shorter, so that terminals and editors can open it. */
export function shownPath(path: string): string {
  const here = `${process.cwd()}/`;
  return path.startsWith(here) ? path.slice(here.length) : path;
}

type Parts = {
  readonly file: string;
  readonly configHash: string;
  readonly shown: string;
  readonly config: MailmartConfig;
  readonly yaml: LocatedYaml;
  readonly env: Env;
  readonly registry: SourceRegistry;
};

function buildProject(parts: Parts): Project {
  const { file, configHash, config } = parts;
  const dir = dirname(file);
  const state = join(dir, '.mailmart');
  const inside = (path: string): string => (isAbsolute(path) ? path : resolve(dir, path));
  const saltReference = parseReference(config.privacy.salt);
  const defaultSalt =
    isReference(saltReference) && saltReference.kind === 'file'
      ? secretPath(saltReference.path, dir) === join(state, 'person-salt')
      : false;
  const warehouseFile = inside(config.warehouse.path ?? '.mailmart/warehouse.duckdb');
  const paths: ProjectPaths = {
    state,
    warehouse: warehouseFile,
    published: join(dirname(warehouseFile), 'published.duckdb'),
    landing: isBucketPlace(config.landing.path) ? config.landing.path : inside(config.landing.path),
    temporalDb: join(state, 'temporal.db'),
    report: inside(config.report.path),
    reportEmail: config.report.email_path === undefined ? null : inside(config.report.email_path),
    salt: defaultSalt ? join(state, 'person-salt') : null,
    logs: join(state, 'logs'),
  };
  const source = (sourceId: string): SourceConfig => {
    const found = config.sources.find((candidate) => candidate.id === sourceId);
    if (found !== undefined) return found;
    throw unknownSource(parts.shown, config, sourceId);
  };
  return {
    dir,
    file,
    configHash,
    config,
    paths,
    source,
    secret: (sourceId) => resolveSource(parts, dir, source(sourceId)),
    channelSecret: (channelId) => {
      const index = config.alerts.channels.findIndex(({ id }) => id === channelId);
      const channel = config.alerts.channels[index];
      const key = channel?.url === undefined ? 'server' : 'url';
      const written = channel?.[key];
      return written === undefined ? null : resolveSecret(parts, dir, written, ['alerts', 'channels', index, key]);
    },
    salt: () => {
      if (paths.salt !== null) ensureSaltFile(paths.salt);
      return resolveSecret(parts, dir, config.privacy.salt, ['privacy', 'salt'], (value) =>
        value.length >= 16 ? undefined : 'The salt is shorter than 16 characters.',
      );
    },
  };
}

function unknownSource(file: string, config: MailmartConfig, sourceId: string): ConfigError {
  const ids = config.sources.map((source) => source.id);
  return new ConfigError([
    {
      code: 'CONFIG_SOURCE_ID',
      file,
      path: 'sources',
      what: `There is no source with the id "${sourceId}".`,
      fix: ids.length === 0 ? 'Add one with `mailmart init`.' : `Use one of: ${ids.join(', ')}.`,
    },
  ]);
}

function resolveSource(parts: Parts, dir: string, source: SourceConfig): unknown {
  const connector = parts.registry[source.type];
  if (connector === undefined) throw new Error(`No connector ${source.type}`);
  const index = parts.config.sources.findIndex((candidate) => candidate.id === source.id);
  const problems: ConfigProblem[] = [];
  const places = connector.secrets.flatMap((path) => secretPlaces(source.options, path));
  const options = withValues(source.options, places, (place, written) => {
    try {
      return resolveSecret(parts, dir, String(written), ['sources', index, ...place]);
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error;
      problems.push(...error.problems);
      return written;
    }
  }) as Readonly<Record<string, unknown>>;
  if (problems.length > 0) throw new ConfigError(problems);
  const parsed = connector.config.safeParse({ ...options, ...injected(connector.config, dir) });
  if (parsed.success) return parsed.data;
  // What is left can only depend on a secret's value: the rest was checked when the file was read.
  throw new ConfigError(
    parsed.error.issues.map((issue) => {
      const at: PathPart[] = [
        'sources',
        index,
        ...issue.path.map((part) => (typeof part === 'symbol' ? String(part) : part)),
      ];
      return {
        code: 'SECRET_FORM',
        file: parts.shown,
        ...parts.yaml.valueAt(at),
        path: pathText(at),
        what: `The secret of \`${pathText(at)}\` does not have the form that ${connector.title} uses.`,
        fix: 'Copy the whole key from the service again, without quotes.',
      };
    }),
  );
}

/** Paths of a source are relative to mailmart.yaml, wherever the worker was started: its connector is told the folder. */
function injected(config: z.ZodType, dir: string): Readonly<Record<string, unknown>> {
  return injectedKeys(config).includes('project_dir') ? { project_dir: dir } : {};
}

function resolveSecret(
  parts: Parts,
  dir: string,
  text: string,
  at: readonly PathPart[],
  rule?: (value: string) => string | undefined,
): string {
  const reference = parseReference(text);
  const found = isReference(reference) ? readSecret(reference, { dir, env: parts.env }) : reference;
  const fault = 'value' in found ? rule?.(found.value) : undefined;
  // From here on nothing that is printed can hold it.
  if ('value' in found) registerSecret(found.value);
  if ('value' in found && fault === undefined) return found.value;
  throw new ConfigError([
    {
      file: parts.shown,
      ...parts.yaml.valueAt(at),
      path: pathText(at),
      ...('value' in found
        ? { code: 'SECRET_FORM' as const, what: fault ?? '', fix: 'Use a longer random value.' }
        : found),
    },
  ]);
}
