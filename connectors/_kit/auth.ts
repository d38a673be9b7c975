import type { Auth, Connector } from './contract.ts';
import { ConnectorError } from './errors.ts';
import { registerSecret } from './redact.ts';
import { registerSecretsIn } from './secrets.ts';

/** Header of a connector's credentials. Their values are registered for redaction before anything can go wrong. */
export function authHeaders<C>(connector: Connector<C>, config: C): Readonly<Record<string, string>> {
  registerSecretsIn(connector, config);
  const [name, value] = header(connector.auth, config);
  if (name === undefined) return {};
  if (value === '' || /[^\x21-\x7e ]/.test(value) || value !== value.trim()) {
    throw new ConnectorError(
      `The credentials of ${connector.name} are empty or hold a line break, blank or special character`,
      {
        kind: 'config',
        connector: connector.name,
        fix: 'Copy the key again, without blanks or line breaks around it.',
      },
    );
  }
  registerSecret(value);
  return { [name]: value };
}

function header<C>(auth: Auth<C>, config: C): readonly [string | undefined, string] {
  switch (auth.kind) {
    case 'none':
      return [undefined, ''];
    case 'bearer': {
      const token = auth.token(config);
      registerSecret(token);
      return ['authorization', token === '' ? '' : `Bearer ${token}`];
    }
    case 'basic': {
      const password = auth.password(config);
      registerSecret(password);
      const pair = Buffer.from(`${auth.user(config)}:${password}`, 'utf8').toString('base64');
      registerSecret(pair);
      return ['authorization', password === '' || password !== password.trim() ? '' : `Basic ${pair}`];
    }
    case 'header':
      return [auth.name.toLowerCase(), auth.value(config)];
  }
}
