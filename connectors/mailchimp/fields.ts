import { z } from 'zod';

// Field types of the Marketing API. Identity, cursor and state are required; everything else is checked when it is there,
// because the contract grows under one version number and accounts lack whole objects (no shop, no A/B test).

/** An id. Mailchimp's are short texts; the shop's own ids are whatever the shop sent. */
export const id = z.string().min(1);

/** ISO-8601 with an offset; whole seconds and `+00:00` in practice. */
export const instant = z.iso.datetime({ offset: true });

/** Mailchimp writes a missing date as an empty string. */
export const maybeInstant = z.union([instant, z.literal('')]).nullish();

export const text = z.string().nullish();
export const flag = z.boolean().nullish();
export const count = z.int().nonnegative().nullish();

/** A rate or another quotient, with as many digits as the division gave; the kit keeps one too long for a double as text. */
export const rate = z.union([z.number(), z.string().regex(/^-?\d+(\.\d+)?(e[+-]?\d+)?$/i)]).nullish();

/** An amount; the kit keeps a number too long for a double as text. */
export const amount = z.union([z.number(), z.string().regex(/^-?\d+(\.\d+)?$/)]).nullish();

/** A part that is absent, null, or (PHP's empty map) an empty array. */
export const part = <Shape extends z.ZodRawShape>(shape: Shape) =>
  z.union([z.looseObject(shape), z.array(z.never()).max(0)]).nullish();
