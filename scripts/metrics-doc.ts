/** Writes docs/metrics.md from the metric catalog: npm run docs:metrics */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { format } from 'prettier';
import { loadMetricCatalog } from '../src/transform/metric-catalog.ts';
import { metricsDocument } from '../src/transform/metric-page.ts';

const file = join(import.meta.dirname, '..', 'docs', 'metrics.md');
writeFileSync(file, await format(metricsDocument(loadMetricCatalog()), { parser: 'markdown', printWidth: 120 }));
console.log('wrote docs/metrics.md');
