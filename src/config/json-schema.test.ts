import { readFileSync } from 'node:fs';
import { Ajv2020 } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { exampleConfig, newConfig } from '../cli/init/config-text.ts';
import { brokenConfigs, placeMark } from './broken-configs.fixture.ts';
import { configJsonSchema } from './json-schema.ts';
import type { JsonSchema } from './json-schema.ts';
import { sourceRegistry } from './registry.ts';

const schema = configJsonSchema(sourceRegistry);
const file = new URL('../../docs/config.schema.json', import.meta.url);

function validator() {
  const ajv = new Ajv2020({ allowUnionTypes: true, strict: false });
  addFormats.default(ajv);
  return ajv.compile(schema);
}

describe('JSON Schema of mailmart.yaml', () => {
  it('is the one in docs (else: node bin/mailmart.js schema > docs/config.schema.json)', () => {
    expect(JSON.parse(readFileSync(file, 'utf8'))).toEqual(JSON.parse(JSON.stringify(schema)));
  });

  it('accepts what init writes and the examples', () => {
    const validate = validator();
    const example = readFileSync(new URL('../../examples/hillstrom/mailmart.yaml', import.meta.url), 'utf8');
    const texts = [exampleConfig(), newConfig({ name: 'A', timeZone: 'UTC', currency: 'EUR' }), example];
    for (const text of texts) {
      validate(parse(text));
      expect(validate.errors).toBeNull();
    }
  });

  it('rejects the broken configurations that a schema can know of', () => {
    const validate = validator();
    const byCode = brokenConfigs.filter(({ code }) =>
      [
        'CONFIG_UNKNOWN_KEY',
        'CONFIG_MISSING_KEY',
        'CONFIG_TYPE',
        'CONFIG_SOURCE_TYPE',
        'CONFIG_STREAM',
        'CONFIG_SECRET_PLAIN',
      ].includes(code),
    );
    expect(byCode.length).toBeGreaterThan(30);
    const accepted = byCode.filter(({ text }) => validate(parse(text.replace(placeMark, ''))));
    expect(accepted.map(({ name }) => name)).toEqual([]);
  });

  it('describes every key, with an example', () => {
    const bare: string[] = [];
    const walk = (node: JsonSchema, path: string): void => {
      for (const [key, inner] of Object.entries(node.properties ?? {})) {
        const at = `${path}.${key}`;
        const variants = inner.anyOf ?? inner.oneOf ?? [];
        const described = inner.description ?? '';
        const example = inner.examples !== undefined || inner.const !== undefined || /e\.g\.|such as/.test(described);
        const enumerated = inner.enum !== undefined || variants.some((variant) => variant.enum !== undefined);
        if (described === '' || !(example || enumerated)) bare.push(at);
        walk(inner, at);
      }
      for (const variant of [...(node.anyOf ?? []), ...(node.oneOf ?? [])]) walk(variant, path);
      if (node.items !== undefined) walk(node.items, `${path}[]`);
      if (typeof node.additionalProperties === 'object') walk(node.additionalProperties, `${path}.*`);
    };
    walk(schema, '');
    expect(bare).toEqual([]);
  });

  it('shows no secret field as free text', () => {
    const text = JSON.stringify(schema);
    expect(text).toContain(String.raw`^\\$\\{(env:`);
    const sources = schema.properties?.['sources']?.items?.anyOf ?? [];
    const mailchimp = sources.find((variant) => variant.properties?.['type']?.const === 'mailchimp');
    expect(mailchimp?.properties?.['credentials']?.properties?.['api_key']?.['pattern']).toBeTypeOf('string');
  });
});
