import { hash } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { authHeaders } from './auth.ts';
import { createBudget, type Budget, type Limit, type Sleep } from './budget.ts';
import type { Connector } from './contract.ts';
import { parseBase } from './url.ts';

export const realSleep: Sleep = (ms, signal) => delay(ms, undefined, { signal });

/** What a rate key allows; of a key that is not declared, as many requests at a time as the account has lanes. */
export function limitOf<C>(connector: Connector<C>, key: string): Limit {
  return connector.limits[key] ?? connector.limits.default;
}

/**
 * Whether a rate key keeps to what the answers' headers say is left. Where endpoints have limits of their own, each is a key,
 * and `default` only counts the lanes of the account.
 */
export function followsHeaders<C>({ rateHeaders, limits }: Connector<C>, key: string): boolean {
  return rateHeaders !== undefined && (key !== 'default' || Object.keys(limits).length === 1);
}

const accountBudgets = new Map<string, Budget>();

/**
 * The budget that everything of one account in this process shares, for one rate key. An account is what the API takes
 * for one: connector, origin and credentials.
 */
export function accountBudget<C>(
  connector: Connector<C>,
  config: C,
  key: string,
  sleep: Sleep = realSleep,
  limit: Limit = { ...limitOf(connector, key), followsHeaders: followsHeaders(connector, key) },
): Budget {
  const base = connector.baseUrl(config);
  const origin = base.startsWith('file:') ? base : parseBase(connector.name, base, true).origin;
  const account = [connector.name, origin, JSON.stringify(authHeaders(connector, config)), key];
  const id = hash('sha256', JSON.stringify(account), 'hex');
  const budget = accountBudgets.get(id) ?? createBudget(limit, sleep);
  accountBudgets.set(id, budget);
  return budget;
}
