import type { z } from 'zod';

/** Bits of the kinds of values that a check lets pass, and what it asks of them: see assembly/value.ts. */
export const allow = {
  string: 1 << 0,
  integer: 1 << 1,
  fraction: 1 << 2,
  boolean: 1 << 3,
  null: 1 << 4,
  array: 1 << 5,
  emptyArray: 1 << 6,
  object: 1 << 7,
  anything: 0xff,
  notEmpty: 1 << 8,
  time: 1 << 9,
  timeOrEmpty: 1 << 10,
  notNegative: 1 << 11,
} as const;

/**
 * What the press asks of a value. It lets nothing pass that the schema refuses; what it does not let pass is for the schema
 * itself to judge. No `object`: nothing is asked of the members; no `element`: nothing of the elements.
 */
export type Check = { readonly allowed: number; readonly object?: Shape; readonly element?: Check };
export type Shape = ReadonlyMap<string, { readonly check: Check; readonly isRequired: boolean }>;

/** As much of a zod 4 definition as is looked at. */
type Definition = {
  readonly type: string;
  readonly checks?: readonly { readonly _zod: { readonly def: Readonly<Record<string, unknown>> } }[];
  readonly shape?: Readonly<Record<string, Schema>>;
  readonly catchall?: Schema;
  readonly innerType?: Schema;
  readonly options?: readonly Schema[];
  readonly element?: Schema;
  readonly values?: readonly unknown[];
  readonly format?: string;
  readonly check?: string;
  readonly coerce?: boolean;
  readonly offset?: boolean;
  readonly local?: boolean;
  readonly precision?: number | null;
};
type Schema = { readonly _zod: { readonly def: Definition } };

/** The members of a record's schema; undefined when it holds anything that the press does not know. */
export function shapeOf(schema: z.ZodType): Shape | undefined {
  return objectShape((schema as unknown as Schema)._zod.def);
}

function objectShape(definition: Definition): Shape | undefined {
  const { type, shape, catchall, checks = [] } = definition;
  if (type !== 'object' || shape === undefined || checks.length > 0) return undefined;
  if (catchall !== undefined && catchall._zod.def.type !== 'unknown') return undefined;
  const members = new Map<string, { readonly check: Check; readonly isRequired: boolean }>();
  for (const [name, member] of Object.entries(shape)) {
    const { type: kind, innerType } = member._zod.def;
    const isOptional = kind === 'optional';
    const check = checkOf(isOptional ? innerType!._zod.def : member._zod.def);
    if (check === undefined) return undefined;
    members.set(name, { check, isRequired: !isOptional });
  }
  return members;
}

function checkOf(definition: Definition): Check | undefined {
  const { type, checks = [], coerce } = definition;
  if (coerce === true) return undefined;
  const rules = checks.map(({ _zod }) => _zod.def);
  switch (type) {
    case 'string':
      return stringCheck(definition, rules);
    case 'number':
      return numberCheck(definition, rules);
    case 'boolean':
      return rules.length === 0 ? { allowed: allow.boolean } : undefined;
    case 'unknown':
      return rules.length === 0 ? { allowed: allow.anything } : undefined;
    case 'literal':
      return definition.values?.length === 1 && definition.values[0] === '' ? { allowed: emptyText } : undefined;
    case 'nullable': {
      const check = checkOf(definition.innerType!._zod.def);
      return check === undefined ? undefined : { ...check, allowed: check.allowed | allow.null };
    }
    case 'object': {
      const object = objectShape(definition);
      return object === undefined ? undefined : { allowed: allow.object, object };
    }
    case 'array':
      return arrayCheck(definition, rules);
    case 'union':
      // An option that is not known lets less pass, never more.
      return rules.length > 0
        ? undefined
        : definition
            .options!.map(({ _zod }) => checkOf(_zod.def))
            .filter((check) => check !== undefined)
            .reduce<Check | undefined>((all, check) => (all === undefined ? check : either(all, check)), undefined);
    default:
      return undefined;
  }
}

type Rules = readonly Readonly<Record<string, unknown>>[];

/** Only inside a union with times: see `either`. */
const emptyText = 1 << 12;
const textRules = allow.notEmpty | allow.time | allow.timeOrEmpty | emptyText;

function stringCheck({ format, check, offset, local, precision }: Definition, rules: Rules): Check | undefined {
  if (check !== undefined) {
    const isTime = format === 'datetime' && offset === true && local !== true && (precision ?? null) === null;
    return isTime && rules.length === 0 ? { allowed: allow.string | allow.time } : undefined;
  }
  if (rules.length === 0) return { allowed: allow.string };
  const [rule, ...more] = rules;
  const isNotEmpty = more.length === 0 && rule!['check'] === 'min_length' && rule!['minimum'] === 1;
  return isNotEmpty ? { allowed: allow.string | allow.notEmpty } : undefined;
}

function numberCheck({ format, check }: Definition, rules: Rules): Check | undefined {
  if (check !== undefined && format !== 'safeint') return undefined;
  const kinds = check === undefined ? allow.integer | allow.fraction : allow.integer;
  if (rules.length === 0) return { allowed: kinds };
  const [rule, ...more] = rules;
  const isNotNegative =
    more.length === 0 && rule!['check'] === 'greater_than' && rule!['value'] === 0 && rule!['inclusive'] === true;
  return isNotNegative ? { allowed: kinds | allow.notNegative } : undefined;
}

function arrayCheck({ element }: Definition, rules: Rules): Check | undefined {
  const [rule, ...more] = rules;
  if (rule !== undefined)
    return more.length === 0 && rule['check'] === 'max_length' && rule['maximum'] === 0
      ? { allowed: allow.emptyArray }
      : undefined;
  const check = checkOf(element!._zod.def);
  return check === undefined ? undefined : { allowed: allow.array | allow.emptyArray, element: check };
}

/** What passes one or the other; of two that ask different things of one kind, only the first. */
function either(one: Check, other: Check): Check {
  const numbers = allow.integer | allow.fraction;
  let allowed = one.allowed & ~textRules;
  const texts = [one, other].filter((check) => (check.allowed & (allow.string | emptyText)) !== 0);
  const rules = texts.map((check) => check.allowed & textRules);
  if (texts.length > 0) allowed |= allow.string | eitherText(rules);
  allowed |= other.allowed & (allow.boolean | allow.null | allow.emptyArray);
  if ((one.allowed & numbers) === 0) allowed |= other.allowed & (numbers | allow.notNegative);
  if ((one.allowed & allow.array) === 0) allowed |= other.allowed & allow.array;
  if ((one.allowed & allow.object) === 0) allowed |= other.allowed & allow.object;
  const object = (one.allowed & allow.object) === 0 ? other.object : one.object;
  const element = (one.allowed & allow.array) === 0 ? other.element : one.element;
  return { allowed, ...(object === undefined ? {} : { object }), ...(element === undefined ? {} : { element }) };
}

function eitherText(rules: readonly number[]): number {
  const [one, other] = rules;
  if (other === undefined || one === other) return one!;
  if (rules.includes(0)) return 0;
  const all = one! | other;
  if (all === (allow.time | emptyText)) return allow.timeOrEmpty;
  if (all === (allow.notEmpty | emptyText)) return 0;
  return all === (allow.notEmpty | allow.time) ? allow.notEmpty : one!;
}
