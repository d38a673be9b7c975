import { z } from 'zod';
import { isTimeZone } from '../../src/contracts/time-zone.ts';
import { parseCondition } from './condition.ts';
import { entities, entityNames } from './entities.ts';

const column = z.string().min(1).describe('Name of a column of the file, e.g. email');

const fieldSource = z
  .union([
    column,
    z.strictObject({ const: z.string().describe('The same text for every row, e.g. EUR') }),
    z.strictObject({ row_number: z.literal(true).describe('Number of the row, the first data row being 1') }),
    z.strictObject({
      column,
      equals: z.string().optional().describe('True where the column has this text, e.g. No E-Mail (boolean fields)'),
      values: z.record(z.string(), z.string()).optional().describe("The file's word → ours, e.g. { Refund: refunded }"),
      format: z
        .string()
        .optional()
        .describe(
          "How a date is written when it is not ISO-8601: Luxon's tokens, epoch-s or epoch-ms, e.g. dd.MM.yyyy HH:mm",
        ),
      decimal: z.enum(['.', ',']).optional().describe('Decimal mark of this number; the other one may group thousands'),
    }),
  ])
  .describe(
    'Where a field comes from: a column, { const: text }, { row_number: true } or { column, equals | values | format | decimal }',
  );

export type FieldSource = z.infer<typeof fieldSource>;

const mapping = z
  .strictObject({
    entity: z.enum(entityNames).describe('What a row becomes, e.g. orders'),
    when: z.string().optional().describe('Only rows for which this holds, e.g. conversion = 1'),
    key: z
      .union([z.literal('row_number'), z.array(column).min(1)])
      .default('row_number')
      .describe('What identifies a row: its number, or columns, e.g. [order_id]'),
    attribution: z
      .enum(['assigned'])
      .optional()
      .describe('assigned: the outcome counts for the group the person was assigned to, whether mailed or held out'),
    fields: z
      .record(z.string(), fieldSource)
      .describe('Field of the entity → where it comes from, e.g. { amount: total, currency_code: { const: EUR } }'),
  })
  .superRefine((map, context) => {
    const { fields } = entities[map.entity];
    for (const name of Object.keys(map.fields)) {
      if (!(name in fields)) {
        context.addIssue({
          code: 'custom',
          path: ['fields', name],
          message: `${map.entity} has no field ${name}: it has ${Object.keys(fields).join(', ')}`,
        });
      }
    }
    for (const [name, field] of Object.entries(fields)) {
      if (field.required === true && field.type !== 'id' && !(name in map.fields)) {
        context.addIssue({
          code: 'custom',
          path: ['fields'],
          message: `${map.entity} needs ${name} (${field.description})`,
        });
      }
    }
    if (map.attribution === 'assigned' && !('variant' in map.fields)) {
      context.addIssue({
        code: 'custom',
        path: ['fields'],
        message: 'attribution: assigned needs variant, the group of the person',
      });
    }
    if (map.when !== undefined) {
      try {
        parseCondition(map.when);
      } catch (error) {
        context.addIssue({
          code: 'custom',
          path: ['when'],
          message: error instanceof Error ? error.message : String(error),
        });
      }
    }
  });

export type Mapping = z.infer<typeof mapping>;

const file = z.strictObject({
  path: z.string().min(1).describe('Path or glob, relative to mailmart.yaml, e.g. data/orders-*.csv.gz'),
  format: z
    .enum(['csv', 'tsv', 'ndjson', 'parquet'])
    .optional()
    .describe('By default from the name: .csv .tsv .ndjson .jsonl .parquet, each also with .gz'),
  delimiter: z.string().length(1).optional().describe('Separator of a CSV file, by default a comma, e.g. ;'),
  time_zone: z
    .string()
    .refine((zone) => isTimeZone(zone), 'not an IANA time zone: write e.g. Europe/Berlin')
    .optional()
    .describe('Zone of times that name none, e.g. Europe/Berlin; without it such a time is refused'),
  decimal: z.enum(['.', ',']).default('.').describe('Decimal mark of numbers, e.g. ,'),
  map: z
    .array(mapping)
    .min(1)
    .describe('What each row becomes: one or more entities, e.g. [{ entity: orders, fields: { amount: total } }]'),
});

export type FileSpec = z.infer<typeof file>;

/** Source-specific part of a `type: file` source. */
export const fileConfig = z.object({
  files: z
    .array(file)
    .min(1)
    .describe(
      'Files to read and what their rows mean, e.g. [{ path: costs.csv, map: [{ entity: costs, fields: { ... } }] }]',
    ),
  project_dir: z.string().default('.').describe('Folder that paths are relative to; set by mailmart'),
});

export type FileConfig = z.infer<typeof fileConfig>;
