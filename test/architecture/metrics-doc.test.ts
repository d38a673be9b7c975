import { readFileSync } from 'node:fs';
import path from 'node:path';
import { format } from 'prettier';
import { expect, it } from 'vitest';
import { loadMetricCatalog } from '../../src/transform/metric-catalog.ts';
import { metricsDocument } from '../../src/transform/metric-page.ts';

const file = path.resolve(import.meta.dirname, '../../docs/metrics.md');

it('docs/metrics.md is fresh (else: npm run docs:metrics)', async () => {
  const text = await format(metricsDocument(loadMetricCatalog()), { parser: 'markdown', printWidth: 120 });
  expect(readFileSync(file, 'utf8')).toBe(text);
});

it('docs/metrics.md has every metric of the catalog, with its formula and what each service calls it', () => {
  const text = readFileSync(file, 'utf8');
  for (const { key, numerator, esp } of loadMetricCatalog().metrics) {
    const page = text.split(`(\`${key}\`)\n`)[1]?.split('\n### ')[0] ?? '';
    expect(page).toContain(numerator);
    for (const { name } of Object.values(esp)) expect(page).toContain(`“${name}”`);
  }
});
