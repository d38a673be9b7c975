/** A JSON value as a source sent it: numbers too long for a double are already text (see connectors/_kit). */
export type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json };

/** A JSON object. */
export type JsonObject = { readonly [key: string]: Json };

/** An ISO-8601 instant in UTC, `2026-06-30T12:00:00.000Z`. */
export type Instant = string;

/** An ISO-8601 duration, `P35D`, `PT1H`. */
export type Duration = string;

/** A calendar date, `2026-06-30`. */
export type DateString = string;
