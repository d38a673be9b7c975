import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import type { World } from '../../src/demo/types.ts';
import { createWorld } from '../../src/demo/world.ts';
import { beyondSpec } from './beyond-spec.ts';
import { routes } from './simulator-routes.ts';
import { findSpec, loadSpec, type Spec } from './simulator-spec.ts';
import { type MailchimpSimulator, startMailchimpSimulator } from './simulator.ts';

const file = findSpec();
const apiKey = 'spec-us1';

describe.skipIf(file === undefined)(
  'the simulator against the vendor’s description (MAILMART_SHARED/esp/specs/mailchimp.json)',
  () => {
    const world = createWorld({ seed: 7, size: 'tiny' });
    let spec: Spec;
    let simulator: MailchimpSimulator;

    const get = async (
      path: string,
      headers: Record<string, string> = {},
    ): Promise<{ status: number; type: string; body: unknown }> => {
      const response = await fetch(`${simulator.url}${path}`, {
        headers: { authorization: `Bearer ${apiKey}`, ...headers },
      });
      return { status: response.status, type: response.headers.get('content-type') ?? '', body: await response.json() };
    };

    beforeAll(async () => {
      spec = loadSpec(file ?? '', beyondSpec);
      simulator = await startMailchimpSimulator({ world, apiKey });
    });
    afterAll(() => simulator.stop());

    it.each(routes.map((route) => route.path))('answers %s as described', async (path) => {
      const route = routes.find((candidate) => candidate.path === path);
      const targets = fill(world, path);
      expect(targets.length).toBeGreaterThan(0);
      let judged = 0;
      for (const target of targets) {
        const query = route !== undefined && 'count' in route.params ? '?count=1000' : '';
        const { status, body } = await get(`${target}${query}`);
        if (status === 404 && targets.length > 1) continue;
        expect({ target, status, problems: spec.judge(path, status, body) }).toEqual({
          target,
          status: 200,
          problems: [],
        });
        judged += 1;
      }
      expect(judged).toBeGreaterThan(0);
    });

    it('takes no parameter that the description or the allow-list lacks', () => {
      const unknown = routes.flatMap((route) =>
        Object.keys(route.params)
          .filter((name) => !spec.parameters(route.path).includes(name))
          .map((name) => `${route.path} ${name}`),
      );
      expect(unknown).toEqual([]);
    });

    it.each([
      ['/lists/none', '/lists/{list_id}', 404],
      ['/lists?count=5000', '/lists', 400],
      ['/reports?type=carousel', '/reports', 400],
    ])('refuses %s with a problem document', async (target, path, expected) => {
      const { status, type, body } = await get(target);
      expect(status).toBe(expected);
      expect(type).toContain('application/problem+json');
      expect(spec.judge(path, status, body)).toEqual([]);
    });

    it('is a judge that is awake: a planted wrong type, unknown field and wrong instant are found', async () => {
      const path = '/reports/{campaign_id}/sent-to';
      const target = fill(world, path)[0] ?? '';
      for (const [plant, place] of [
        [(row: Record<string, unknown>) => (row['open_count'] = 'three'), '/sent_to/0/open_count'],
        [(row: Record<string, unknown>) => (row['opened'] = 3), 'opened'],
        [(row: Record<string, unknown>) => (row['last_open'] = '2025-01-01T00:00:00Z'), '/sent_to/0/last_open'],
        [(row: Record<string, unknown>) => (row['status'] = 'bounced'), '/sent_to/0/status'],
      ] as const) {
        const { body } = await get(target);
        plant((body as { sent_to: Record<string, unknown>[] }).sent_to[0] ?? {});
        expect(spec.judge(path, 200, body).join('\n')).toContain(place);
      }
      await simulatorDeviates('unknown_field', 'brand_new_field');
      await simulatorDeviates('wrong_type', '/sent_to/0/');
    });

    const simulatorDeviates = async (kind: 'unknown_field' | 'wrong_type', place: string): Promise<void> => {
      const path = '/reports/{campaign_id}/sent-to';
      simulator.faults.add({ kind });
      const { body } = await get(fill(world, path)[0] ?? '');
      expect(spec.judge(path, 200, body).join('\n')).toContain(place);
    };

    it('needs every entry of the allow-list that speaks of answers: without it the answer deviates', async () => {
      const idle: string[] = [];
      for (const entry of beyondSpec) {
        if (entry.kind !== 'field') continue;
        const narrower = loadSpec(
          file ?? '',
          beyondSpec.filter((other) => other !== entry),
        );
        let deviates = false;
        for (const target of fill(world, entry.path)) {
          const { status, body } = await get(target);
          if (status === 200 && narrower.judge(entry.path, status, body).length > 0) deviates = true;
        }
        if (!deviates) idle.push(`${entry.path} ${entry.name}`);
      }
      expect(idle).toEqual([]);
    });
  },
);

/** Real addresses of a template: every campaign of every kind, every list, a few members. */
function fill(world: World, path: string): string[] {
  const sent = world.campaigns.filter((campaign) => campaign.sentAt !== null && campaign.sentAt <= world.now);
  const children = sent.flatMap(
    (campaign) => campaign.variate?.combinations.map((combination) => combination.id) ?? [],
  );
  const targets: string[] = [];
  const campaignIds = path.startsWith('/campaigns') ? world.campaigns.map(({ id }) => id) : sent.map(({ id }) => id);
  for (const campaignId of path.includes('{campaign_id}') ? [...campaignIds, ...children] : ['']) {
    const campaign = world.campaigns.find(({ id }) => id === campaignId);
    const opener = world.opens.find((open) => open.campaignId === campaignId);
    for (const listId of path.includes('{list_id}') ? world.lists.map(({ id }) => id) : ['']) {
      const member = path.includes('{campaign_id}')
        ? world.memberships[opener?.member ?? -1]
        : world.memberships.find((membership) => membership.listId === listId && membership.deletedAt === null);
      targets.push(
        path
          .replace('{campaign_id}', campaignId)
          .replace('{list_id}', listId)
          .replace('{subscriber_hash}', member?.emailId ?? 'none')
          .replace('{link_id}', campaign?.links[0]?.id ?? 'none')
          .replace('{workflow_id}', world.automations[0]?.id ?? '')
          .replace('{store_id}', world.stores[0]?.id ?? ''),
      );
    }
  }
  return targets;
}
