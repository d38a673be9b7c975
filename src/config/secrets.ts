import { lstatSync, readFileSync, statSync } from 'node:fs';
import { homedir } from 'node:os';
import { isAbsolute, resolve } from 'node:path';
import type { ConfigProblem } from './problems.ts';

/** A secret by reference; the value is looked up when it is needed and kept nowhere. */
export type SecretReference =
  { readonly kind: 'env'; readonly name: string } | { readonly kind: 'file'; readonly path: string };

export type Env = Readonly<Record<string, string | undefined>>;

type Fault = Pick<ConfigProblem, 'code' | 'what' | 'why' | 'fix' | 'suggestion'>;

const maxSecretBytes = 64 * 1024;

/** True for text that contains a reference anywhere; such text is only allowed in secret fields. */
export function mentionsReference(text: string): boolean {
  return /\$\{\s*(?:env|file)\s*:/i.test(text);
}

/** Reads `${env:NAME}` or `${file:path}`; anything else is a fault that never repeats the text, which may be the secret itself. */
export function parseReference(text: string): SecretReference | Fault {
  const exact = /^\$\{(env|file):([^{}]+)\}$/.exec(text);
  const body = exact?.[2] ?? '';
  if (exact?.[1] === 'env' && /^[A-Za-z_][A-Za-z0-9_]*$/.test(body)) return { kind: 'env', name: body };
  if (exact?.[1] === 'file' && body.trim() === body) return { kind: 'file', path: body };
  const near = /^\s*\$\{?\{?\s*(?:(env|file)\s*[:.]\s*)?([A-Za-z_][A-Za-z0-9_]*|[^{}]*\/[^{}]*)\s*\}?\}?\s*$/i.exec(
    text,
  );
  if (mentionsReference(text) || (near !== null && /^\s*\$\{/.test(text))) {
    const kind = near?.[1]?.toLowerCase() ?? (near?.[2]?.includes('/') === true ? 'file' : 'env');
    return {
      code: 'CONFIG_REFERENCE_FORM',
      what: 'This is not a reference to a secret that mailmart can read.',
      why: 'A reference is the whole value: ${env:NAME} or ${file:path}, without spaces or other text around it.',
      fix: 'Write ${env:NAME} or ${file:path}.',
      ...(near?.[2] !== undefined && { suggestion: `\${${kind}:${near[2].trim()}}` }),
    };
  }
  return {
    code: 'CONFIG_SECRET_PLAIN',
    what: 'A secret is written into the configuration file.',
    why: 'The file is shared and kept in version control; a key in it can be read by everyone who sees it.',
    fix: 'Put the key into an environment variable or a file and write ${env:NAME} or ${file:path} here. If the file was ever shared, revoke the key.',
  };
}

export function isReference(parsed: SecretReference | Fault): parsed is SecretReference {
  return 'kind' in parsed;
}

/** The secret's value, or why it cannot be had. The value is in no message. */
export function readSecret(
  reference: SecretReference,
  place: { readonly dir: string; readonly env: Env },
): { readonly value: string } | Fault {
  const found = reference.kind === 'env' ? fromEnv(reference.name, place.env) : fromFile(reference.path, place.dir);
  return 'value' in found ? refuseWhitespace(found.value, reference) : found;
}

/** Absolute path of a `${file:…}` reference: relative to mailmart.yaml, `~` is the home folder. */
export function secretPath(path: string, dir: string): string {
  if (path === '~' || path.startsWith('~/')) return resolve(homedir(), path.slice(2));
  return isAbsolute(path) ? path : resolve(dir, path);
}

function fromEnv(name: string, env: Env): { readonly value: string } | Fault {
  const value = env[name];
  if (value !== undefined && value !== '') return { value };
  const near = Object.keys(env).find((other) => other !== name && other.toLowerCase() === name.toLowerCase());
  return {
    code: 'SECRET_UNSET',
    what: `The environment variable ${name} is ${value === '' ? 'empty' : 'not set'}.`,
    why: 'mailmart.yaml refers to it for a secret.',
    fix: `Set it for this shell without leaving it in the history: read -rs ${name} && export ${name}`,
    ...(near !== undefined && { suggestion: `\${env:${near}}` }),
  };
}

function fromFile(path: string, dir: string): { readonly value: string } | Fault {
  const absolute = secretPath(path, dir);
  const fault = (what: string, fix: string): Fault => ({
    code: 'SECRET_FILE',
    what: `The secret file ${path} ${what}.`,
    why: `It was looked for at ${absolute}.`,
    fix,
  });
  try {
    const stat = statSync(absolute);
    if (!stat.isFile()) return fault('is not a file', 'Name a file that holds only the secret.');
    if (stat.size > maxSecretBytes)
      return fault('is too large for a secret', 'Name a file that holds only the secret.');
    return { value: new TextDecoder('utf-8', { fatal: true }).decode(readFileSync(absolute)) };
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code === 'ENOENT') {
      const dangling = isLink(absolute);
      return fault(
        dangling ? 'is a link to a file that does not exist' : 'does not exist',
        'Create it, readable by you alone (chmod 600).',
      );
    }
    if (code === 'EACCES' || code === 'EPERM')
      return fault('may not be read by this user', 'Give this user read access, or name another file.');
    return fault('cannot be read as text', 'Name a UTF-8 text file that holds only the secret.');
  }
}

function isLink(path: string): boolean {
  try {
    return lstatSync(path).isSymbolicLink();
  } catch {
    return false;
  }
}

function refuseWhitespace(value: string, reference: SecretReference): { readonly value: string } | Fault {
  const name = reference.kind === 'env' ? `the environment variable ${reference.name}` : `the file ${reference.path}`;
  if (value === '') {
    return { code: 'SECRET_UNSET', what: `The secret in ${name} is empty.`, fix: 'Put the key there.' };
  }
  if (!/[\s\p{Cc}\p{Cf}]/u.test(value)) return { value };
  const where = /^\s/.test(value) ? 'starts with' : /\s$/.test(value) ? 'ends with' : 'contains';
  const kind = /[\r\n]/.test(value) ? 'a line break' : /\s/.test(value) ? 'a space' : 'an invisible character';
  return {
    code: 'SECRET_WHITESPACE',
    what: `The secret in ${name} ${where} ${kind}.`,
    why: 'No key has one; it would be sent as part of the key and refused.',
    fix:
      reference.kind === 'file'
        ? `Remove it: tr -d '[:space:]' < ${reference.path} > ${reference.path}.new && mv ${reference.path}.new ${reference.path}`
        : `Set the variable again without it: read -rs ${reference.name} && export ${reference.name}`,
  };
}
