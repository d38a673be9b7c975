import { expect, test } from 'vitest';
import { loadMetricCatalog } from '../../transform/metric-catalog.ts';
import type { Context } from '../context.ts';
import { createFormat } from '../format.ts';
import { languages } from '../messages/index.ts';
import { vendorTable } from './definition.ts';

test('vendors are spelt as they spell themselves', () => {
  const catalog = loadMetricCatalog();
  const messages = languages.en;
  const context = { messages, catalog, format: createFormat(messages.locale, 'UTC', 'EUR') } as unknown as Context;
  const html = vendorTable(context, 7, catalog.metrics).markup;
  for (const name of ['SendGrid', 'HubSpot', 'AWeber', 'SharpSpring', 'VerticalResponse']) {
    expect(html).toContain(`<bdi>${name}</bdi>`);
  }
  expect(html).not.toMatch(/Sendgrid|Hubspot|Aweber|Sharpspring|Vertical Response/);
});
