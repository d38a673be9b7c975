/** One thing in which the simulator's answers leave the kept description (specs/sendgrid.json, a subset of January 2026). */
export type Beyond = {
  /**
   * `path`: an operation that the subset lacks, with the fields given in `name`, separated by commas. `list`: the description
   * gives one element where there is a list under `name`. `value`: this text is allowed at `name` beside what is described.
   * `field`: a field more, at `name`. `optional`: `name` may be missing though the description requires it.
   */
  readonly kind: 'path' | 'list' | 'value' | 'field' | 'optional';
  readonly path: string;
  /** Dot path with `[]` for elements. */
  readonly name: string;
  /** Of the kind `value`. */
  readonly value?: string;
  /** Why. */
  readonly source: string;
};

const allLine =
  'specs/sendgrid.json itself says in words: `If the group_by parameter doesn\'t include ab_variation in the request, then the value is "all"`, against its own format uuid';

const eventLine =
  'the description requires it of every event of the activity, though only some kinds have it (esp/sendgrid.md §3: "bounce_type soft|hard" is of a bounce)';

export const beyond: readonly Beyond[] = [
  { kind: 'path', path: '/v3/scopes', name: 'scopes', source: 'esp/sendgrid.md §1: "`GET /v3/scopes` lists them"' },
  {
    kind: 'list',
    path: '/v3/marketing/segments/2.0',
    name: 'results',
    source:
      'the description gives the schema of one segment, and says of the list: "a response code of 200 with an empty `results` array"',
  },
  {
    kind: 'field',
    path: '/v3/marketing/segments/2.0',
    name: 'results[].query_dsl',
    source: 'the single segment of the same API has it; lists show it too (unverified)',
  },
  {
    kind: 'value',
    path: '/v3/marketing/stats/singlesends',
    name: 'results[].ab_variation',
    value: 'all',
    source: allLine,
  },
  {
    kind: 'value',
    path: '/v3/marketing/stats/singlesends/{id}',
    name: 'results[].ab_variation',
    value: 'all',
    source: allLine,
  },
  {
    kind: 'value',
    path: '/v3/marketing/stats/singlesends/{id}/links',
    name: 'results[].ab_variation',
    value: 'all',
    source: allLine,
  },
  ...['bounce_type', 'http_user_agent', 'mx_server'].map((name) => ({
    kind: 'optional' as const,
    path: '/v3/messages/{msg_id}',
    name: `events[].${name}`,
    source: eventLine,
  })),
  {
    kind: 'optional',
    path: '/v3/messages/{msg_id}',
    name: 'asm_group_id',
    source: 'a mail without an unsubscribe group has none, and the description allows no number below 1',
  },
];
