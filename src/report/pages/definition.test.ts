import { expect, test } from 'vitest';
import { loadMetricCatalog } from '../../transform/metric-catalog.ts';
import { contextOf } from '../context.fixture.ts';
import { vendorTable } from './definition.ts';

test('vendors are spelt as they spell themselves', () => {
  const catalog = loadMetricCatalog();
  const html = vendorTable(contextOf('en'), 7, catalog.metrics).markup;
  for (const name of ['SendGrid', 'HubSpot', 'AWeber', 'SharpSpring', 'VerticalResponse']) {
    expect(html).toContain(`<bdi>${name}</bdi>`);
  }
  expect(html).not.toMatch(/Sendgrid|Hubspot|Aweber|Sharpspring|Vertical Response/);
});
