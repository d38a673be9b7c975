import { z } from 'zod';

// Field types of the v3 API. Identity, cursor and state are required; everything else is checked when it is there.

/** An id or another text that is never empty. */
export const id = z.string().min(1);

/** Whole number of an id: unsubscribe groups. */
export const number = z.int();

/** ISO-8601 with a zone, `Z` in practice. */
export const instant = z.iso.datetime({ offset: true });

/** Missing times are absent, null, or an empty text. */
export const maybeInstant = z.union([instant, z.literal('')]).nullish();

/** When a single send goes out: a time, or the word that schedules it at once, which may stay in the record. */
export const sendTime = z.union([instant, z.literal(['', 'now'])]).nullish();

/** UNIX seconds. */
export const seconds = z.number().nonnegative();

/** A day of the account's statistics, `2026-06-30`. */
export const day = z.iso.date();

/** An address as SendGrid has it; not checked, because what bounced need not be one. */
export const address = z.string().min(1);

export const text = z.string().nullish();
export const flag = z.boolean().nullish();
export const count = z.int().nonnegative().nullish();
export const texts = z.array(z.string()).nullish();

/** A part that is absent or null where the account has none. */
export const part = <Shape extends z.ZodRawShape>(shape: Shape) => z.looseObject(shape).nullish();
