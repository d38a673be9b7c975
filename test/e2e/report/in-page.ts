/** Programs for the page, as text: the tests themselves know no DOM. Each is one expression. */
export const openAll = `document.querySelectorAll('details').forEach((details) => { details.open = true; })`;

export type Intruders = {
  readonly elements: readonly string[];
  readonly handlers: readonly string[];
  readonly links: readonly (string | null)[];
  readonly names: readonly string[];
  readonly turned: readonly string[];
};

/** Whatever text could have become: elements, handlers, links; the names as they stand; chart labels that turn text around. */
export const intruders = `({
  elements: ['img', 'iframe', 'object', 'embed', 'form', 'script:not(body > script)', 'style:not(head > style)', 'html ~ *']
    .flatMap((name) => [...document.querySelectorAll(name)].map((element) => element.outerHTML)),
  handlers: [...document.querySelectorAll('*')].flatMap((element) =>
    [...element.attributes].map(({ name }) => name).filter((name) => name.startsWith('on') || name === 'style')),
  links: [...document.querySelectorAll('a')].map((link) => link.getAttribute('href')),
  names: [...document.querySelectorAll('bdi')].map((name) => name.textContent),
  turned: [...document.querySelectorAll('svg text')].map((label) => label.textContent)
    .filter((text) => /[\\u202A-\\u202E\\u2066-\\u2069]/.test(text)),
})`;

export type Cell = {
  readonly table: string;
  readonly mart: string;
  readonly key: string;
  readonly column: string;
  readonly value: string | null;
  readonly text: string;
};

/**
 * Every cell of every table whose rows have a key, with the text a person reads, foot notes taken off. The heading of its
 * column names the column; where no exact value stands beside the text, the text is the value.
 */
export const cells = `[...document.querySelectorAll('td[data-key]')].map((cell) => ({
  table: cell.closest('table').id,
  mart: cell.closest('table').dataset.mart,
  key: cell.dataset.key,
  column: cell.closest('table').dataset.cell,
  value: cell.dataset.value,
  text: cell.textContent.trim(),
})).concat([...document.querySelectorAll('tr[data-key]')].flatMap((row) => {
  const table = row.closest('table');
  const heads = [...table.tHead.rows[0].cells];
  return [...row.cells].flatMap((cell, index) => {
    const column = heads[index].dataset.column;
    if (column === undefined) return [];
    const copy = cell.cloneNode(true);
    copy.querySelectorAll('sup').forEach((note) => note.remove());
    const text = copy.textContent.trim();
    const value = cell.classList.contains('na') ? null : (cell.dataset.value ?? copy.textContent);
    return [{ table: table.id, mart: table.dataset.mart ?? '', key: row.dataset.key, column, value, text }];
  });
}))`;

/** Columns whose heading is no more than their key. */
export const rawHeadings = `[...document.querySelectorAll('th[data-column*="_"]')]
  .filter((head) => head.textContent.trim() === head.dataset.column.replaceAll('_', ' '))
  .map((head) => head.closest('table').id + ' ' + head.dataset.column)`;

export type Card = Readonly<Record<string, string | undefined>> & { readonly text: string };

/** With the bounds of its interval, where it has one. */
export const cards = `[...document.querySelectorAll('[data-metric]')].map((card) => ({
  ...card.dataset,
  ...card.closest('.kpi')?.querySelector('[data-low]')?.dataset,
  text: card.textContent.trim(),
}))`;

export type FigureSeen = {
  readonly title: string;
  readonly finding: string;
  readonly charts: number;
  readonly isNamed: boolean;
  readonly rows: number;
  readonly broken: number;
};

export const figures = `[...document.querySelectorAll('figure')].map((figure) => ({
  title: figure.querySelector('h3').textContent.trim(),
  finding: figure.querySelector('.finding').textContent.trim(),
  charts: figure.querySelectorAll('svg[role=img]').length,
  isNamed: [...figure.querySelectorAll('svg[role=img]')].every((svg) =>
    (svg.getAttribute('aria-labelledby') ?? '-').split(' ').every((id) => document.getElementById(id) !== null)),
  rows: figure.querySelectorAll('details tbody tr').length,
  broken: [...figure.querySelectorAll('svg text')].filter((text) => /NaN|undefined|null/.test(text.textContent)).length,
}))`;

/** Leaves two rows of a kind in each table: axe looks at every text, and rows of the same elements and classes look alike. */
export const twoRowsOfAKind = `for (const body of document.querySelectorAll('tbody')) {
  const seen = new Map();
  for (const row of [...body.rows]) {
    const kind = [row, ...row.querySelectorAll('*')]
      .map((element) => [element.tagName, element.getAttribute('class'), element.getAttribute('style')]).join();
    seen.set(kind, (seen.get(kind) ?? 0) + 1);
    if (seen.get(kind) > 2) row.remove();
  }
}`;

export type Finding = { readonly id: string; readonly impact: string; readonly example: string };

/** Needs axe in the page. */
export const accessibility = `axe.run({ runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'] })
  .then(({ violations }) => violations.map(({ id, impact, nodes }) =>
    ({ id, impact, example: nodes.length + ': ' + nodes[0].html.slice(0, 300) + nodes[0].failureSummary })))`;

export const sentCounts = `[...document.querySelectorAll('#campaign-table tbody tr')].map((row) => {
  const index = [...document.querySelectorAll('#campaign-table thead th')].findIndex((head) => head.dataset.column === 'sent_count');
  return Number(row.cells[index].dataset.value ?? row.cells[index].textContent.trim());
})`;

export type PageSeen = { readonly id: string; readonly title: string; readonly text: string };

/** The pages of the report, and what a person reads on each. */
export const pages = `[...document.querySelectorAll('section.page')].map((page) =>
  ({ id: page.id, title: page.querySelector('h2').textContent.trim(), text: page.textContent }))`;

/** All pages at once, as without a script. */
export const showAll = `document.documentElement.classList.remove('paged')`;

export type Shown = {
  readonly id: string;
  readonly visible: readonly string[];
  readonly width: number;
  readonly title: string;
  readonly cut: readonly string[];
};

/** Goes to a page, opens all of it, and says what is to be seen. */
export const visit = (id: string): string => `(async () => {
  const arrived = new Promise((resolve) => addEventListener('hashchange', () => setTimeout(resolve), { once: true }));
  location.hash = '${id}';
  await arrived;
  document.querySelectorAll('#${id} details').forEach((details) => { details.open = true; });
  return {
    id: '${id}',
    visible: [...document.querySelectorAll('section.page')].filter((page) => page.offsetHeight > 0).map((page) => page.id),
    width: document.documentElement.scrollWidth,
    title: document.title,
    cut: [
      ...[...document.querySelectorAll('#${id} :is(h2,h3,h4,p,dt,dd,li,summary), nav a')]
        .filter((element) => element.clientWidth > 1 && element.scrollWidth > element.clientWidth + 1),
      ...[...document.querySelectorAll('#${id} caption span')]
        .filter((text) => text.getBoundingClientRect().right > text.closest('.scroll').getBoundingClientRect().right),
      ...[...document.querySelectorAll('#${id} svg text')].filter((text) => {
        const [own, all] = [text, text.ownerSVGElement].map((element) => element.getBoundingClientRect());
        return own.width > 0 && (own.left < all.left - 1 || own.right > all.right + 1 || own.top < all.top - 1 || own.bottom > all.bottom + 1);
      }),
    ].map((element) => element.outerHTML.slice(0, 120)),
  };
})()`;
