import { expect, it } from 'vitest';
import { costFindings } from './check-costs.ts';

it('a cost rule of an account that is no source counts nothing, and is told', () => {
  const rules = [{}, { account: 'shop' }, { account: 'shp' }, { account: 'sold-brand' }];
  const found = costFindings({ sources: [{ id: 'shop' }, { id: 'books' }], costs: { rules } });
  expect(found.map(({ item, status, fix }) => [item, status, fix])).toEqual([
    ['costs.rules[2]', 'warning', 'Did you mean shop?'],
    ['costs.rules[3]', 'warning', 'Write the id of a source, or remove account.'],
  ]);
  expect(found[0]?.message).toBe('There is no source shp: the rule counts only what was loaded of it before.');
});
