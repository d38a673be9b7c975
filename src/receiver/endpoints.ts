import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import type { Hook } from '../../connectors/_kit/hook.ts';
import { createVerifier, SignatureKeyError, type Verifier } from './signature.ts';

/** Where one hook of one account is posted to. */
export type Endpoint = {
  readonly accountId: string;
  readonly hook: string;
  /** `/hooks/shop/events` */
  readonly path: string;
  /** Null: signed posts are refused, since there is no key to check them with. */
  readonly verifier: Verifier | null;
  /** Whether a path secret is the right one; undefined: unsigned posts are refused. */
  readonly isPathSecret: ((text: string) => boolean) | undefined;
  /** The sender asks by GET or HEAD whether the address is there. */
  readonly handshake: boolean;
  /** The signature is of the whole address, so that the receiver must know it. */
  readonly signsAddress: boolean;
};

/** Hooks of one account, with the account's own configuration. */
export type AccountHooks = {
  readonly accountId: string;
  // eslint-disable-next-line typescript/no-explicit-any -- hooks of connectors have different configurations
  readonly hooks: Readonly<Record<string, Hook<any>>>;
  readonly config: unknown;
};

/** Shortest path secret: it stands in the place of a signature. */
const shortestSecret = 16;

/** The endpoints of all accounts. Throws an EndpointError that names account and hook. */
export function endpointsOf(accounts: readonly AccountHooks[]): readonly Endpoint[] {
  return accounts.flatMap(({ accountId, hooks, config }) =>
    Object.entries(hooks).map(([name, hook]): Endpoint => {
      const keys = hook.keys(config);
      const secret = hook.pathSecret?.(config);
      return {
        accountId,
        hook: name,
        path: `/hooks/${accountId}/${name}`,
        verifier: verifierOf(accountId, name, hook, keys),
        isPathSecret: secret === undefined ? undefined : secretCheck(accountId, name, secret),
        handshake: hook.handshake === true,
        signsAddress: hook.signature?.signed.includes('{uri}') === true,
      };
    }),
  );
}

/** A hook that cannot be served as it is configured. */
export class EndpointError extends Error {
  readonly fix: string;

  constructor(message: string, fix: string) {
    super(message);
    this.name = 'EndpointError';
    this.fix = fix;
  }
}

function verifierOf(accountId: string, name: string, hook: Hook<unknown>, keys: readonly string[]): Verifier | null {
  if (hook.signature === null || keys.length === 0) return null;
  try {
    return createVerifier(hook.signature, keys);
  } catch (error) {
    if (!(error instanceof SignatureKeyError)) throw error;
    throw new EndpointError(
      `A key of the hook ${name} of ${accountId} cannot be used. ${error.message}`,
      'Copy the key again from the page where the service shows it.',
    );
  }
}

function secretCheck(accountId: string, name: string, secret: string): (text: string) => boolean {
  if (secret.length < shortestSecret) {
    throw new EndpointError(
      `The path secret of the hook ${name} of ${accountId} is shorter than ${shortestSecret} characters.`,
      `Make a longer one: node -p "crypto.randomUUID()"`,
    );
  }
  const expected = digest(secret);
  return (text) => timingSafeEqual(digest(text), expected);
}

const nobody = randomBytes(32);

/** For addresses without a path secret: takes the time that a comparison takes. */
export function refuseSecret(text: string): boolean {
  timingSafeEqual(digest(text), nobody);
  return false;
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
