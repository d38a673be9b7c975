/** What an entity of the file source is, and the fields that several have. */

/**
 * `id`: formed from the row's key when it is not mapped. `instant`: UTC. `decimal`: exact text. `count`: whole, 0 or more. `share`:
 * 0 to 1. `domain`: of an address, lower case.
 */
export type FieldType =
  'text' | 'id' | 'instant' | 'date' | 'decimal' | 'count' | 'share' | 'domain' | 'currency' | 'boolean' | 'enum';

export type Field = {
  readonly type: FieldType;
  readonly required?: boolean;
  /** Allowed values of an enum. */
  readonly values?: readonly string[];
  readonly description: string;
};

export type Entity = {
  readonly description: string;
  /** Fields that identify a record. */
  readonly key: readonly [string, ...string[]];
  /** Field that never changes for a key: the raw table's partition. */
  readonly partitionBy?: string;
  readonly fields: Readonly<Record<string, Field>>;
  /** What no field can say alone: the field at fault and what is wrong, or null. */
  readonly refuse?: (record: Readonly<Record<string, unknown>>) => readonly [string, string] | null;
};

export const id = (description: string): Field => ({ type: 'id', required: true, description });
export const text = (description: string, required = false): Field => ({ type: 'text', required, description });
export const instant = (description: string, required = false): Field => ({ type: 'instant', required, description });
export const amount = (description: string, required = false): Field => ({ type: 'decimal', required, description });

export const person = text('e-mail address of the person; without one, the recipient_id stands for them');
export const recipientId = text('id of the recipient; by default the columns of key, or file and row number');
export const campaignAccount = text('id of the source whose campaign this is; by default this file source');
