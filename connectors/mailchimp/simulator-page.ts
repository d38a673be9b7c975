import { damageRows } from '../../src/demo/simulator/damage.ts';
import type { Answer, Body, Call } from './simulator-answer.ts';
import type { Fault } from './simulator-faults.ts';
import { everything, parseSelection, pick, selectField, type Selection } from './simulator-fields.ts';
import type { Route } from './simulator-routes.ts';

export type Rendering = {
  readonly call: Call;
  readonly route: Route;
  readonly path: string;
  /** `http://host/3.0`, for `_links`. */
  readonly origin: string;
  readonly fault: Fault | undefined;
  /** The collection's first row has gone. */
  readonly hidesFirst: boolean;
};

/** Pages an answer, adds `_links`, selects fields and writes the JSON. Also gives the page's first row as it was before selection. */
export function renderAnswer(rendering: Rendering): { readonly body: string; readonly firstRow: Body | undefined } {
  const { call, route, path, origin } = rendering;
  const answer = route.answer(call);
  const selection = selectionOf(call.query);
  const href = `${origin}${path === '/' ? '' : path}`;
  if (answer.kind === 'one') {
    const whole = answer.hasNoLinks === true ? answer.body : withLinks(answer.body, selection, href, parentOf(href));
    return { body: JSON.stringify(pick(damageRows(rendering.fault, [whole])[0], selection)), firstRow: answer.body };
  }
  return renderPage(rendering, answer, selection, href);
}

function renderPage(
  { call, route, origin, fault, hidesFirst }: Rendering,
  answer: Extract<Answer, { kind: 'many' }>,
  selection: Selection,
  href: string,
): { readonly body: string; readonly firstRow: Body | undefined } {
  const skipped = hidesFirst ? 1 : 0;
  const total = Math.max(0, answer.count - skipped);
  // Endpoints without `count` answer with everything.
  const isPaged = 'count' in route.params;
  const offset = isPaged ? Number(call.query['offset'] ?? 0) : 0;
  const count = isPaged ? Number(call.query['count'] ?? 10) : total;
  const end = Math.min(total, offset + count);
  const rowSelection = selectField(selection, answer.key);
  const rows: Body[] = [];
  let firstRow: Body | undefined;
  for (let index = offset; index < end; index += 1) {
    const row = answer.row(index + skipped);
    firstRow ??= row;
    if (rowSelection === undefined) continue;
    rows.push(answer.self === null ? row : withLinks(row, rowSelection, `${origin}${answer.self(row)}`, href));
  }
  const whole = withLinks(
    { [answer.key]: fault?.kind === 'empty_page' ? [] : damageRows(fault, rows), ...answer.beside, total_items: total },
    selection,
    href,
    parentOf(href),
  );
  return { body: JSON.stringify(pick(whole, selection)), firstRow };
}

function selectionOf(query: Readonly<Record<string, string>>): Selection {
  if (query['fields'] !== undefined) return parseSelection('only', query['fields']);
  return query['exclude_fields'] === undefined ? everything : parseSelection('without', query['exclude_fields']);
}

function parentOf(href: string): string {
  return href.slice(0, href.lastIndexOf('/'));
}

/** Links are most of the bytes, so they are only made when they are wanted. */
function withLinks(body: Body, selection: Selection, self: string, parent: string): Body {
  if (selectField(selection, '_links') === undefined) return body;
  const schema = 'https://us1.api.mailchimp.com/schema/3.0/Definitions';
  return {
    ...body,
    _links: [
      { rel: 'self', href: self, method: 'GET', targetSchema: `${schema}/Response.json` },
      {
        rel: 'parent',
        href: parent,
        method: 'GET',
        targetSchema: `${schema}/CollectionResponse.json`,
        schema: `${schema}/Collection.json`,
      },
    ],
  };
}
