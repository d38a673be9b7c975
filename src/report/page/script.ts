/** One page at a time, by the address after the hash: title, focus and the mark in the menu follow. */
const pages = `
const pages = [...document.querySelectorAll('section.page')];
const menu = document.querySelector('.menu');
const narrow = matchMedia('(max-width:1099px)');
const baseTitle = document.title;
const show = (isFirst) => {
  const id = decodeURIComponent(location.hash.slice(1));
  const target = id === '' ? null : document.getElementById(id);
  const page = target === null ? pages[0] : target.closest('section.page');
  if (page === null && !isFirst) return;
  const shown = page ?? pages[0];
  for (const each of pages) each.classList.toggle('shown', each === shown);
  const heading = shown.querySelector('h2');
  document.title = heading.textContent.trim() + ' – ' + baseTitle;
  document.querySelector('.menu .current').textContent = ': ' + heading.textContent.trim();
  for (const link of menu.querySelectorAll('a')) {
    if (link.hash === '#' + shown.id) link.setAttribute('aria-current', 'page');
    else link.removeAttribute('aria-current');
  }
  if (narrow.matches) menu.open = false;
  if (target === null || page === null) return;
  if (target === shown) {
    if (!isFirst) heading.focus({ preventScroll: true });
    heading.scrollIntoView();
    return;
  }
  for (let fold = target.closest('details'); fold !== null; fold = fold.parentElement.closest('details')) fold.open = true;
  if (!target.hasAttribute('tabindex')) target.tabIndex = -1;
  target.focus({ preventScroll: true });
  target.scrollIntoView();
};
document.documentElement.classList.add('paged');
narrow.addEventListener('change', () => { menu.open = !narrow.matches; });
addEventListener('hashchange', () => show(false));
show(true);
`;

/** Headings of sortable tables become buttons; without it the tables stand in their given order. */
const sorting = `
for (const table of document.querySelectorAll('table[data-sortable]')) {
  const body = table.tBodies[0];
  [...table.tHead.rows[0].cells].forEach((head, column) => {
    const button = document.createElement('button');
    button.type = 'button';
    button.append(...head.childNodes);
    head.append(button);
    button.addEventListener('click', () => {
      const isNumber = head.classList.contains('n');
      const first = isNumber ? 'descending' : 'ascending';
      const order = head.getAttribute('aria-sort') === first ? (first === 'ascending' ? 'descending' : 'ascending') : first;
      for (const other of table.tHead.rows[0].cells) other.removeAttribute('aria-sort');
      head.setAttribute('aria-sort', order);
      const sign = order === 'ascending' ? 1 : -1;
      const value = (row) => {
        const cell = row.cells[column];
        return cell.classList.contains('na') ? undefined : (cell.dataset.value ?? cell.textContent.trim());
      };
      body.append(...[...body.rows].sort((a, b) => {
        const x = value(a), y = value(b);
        if (x === undefined || y === undefined) return (x === undefined) - (y === undefined);
        return sign * (isNumber ? Number(x) - Number(y) : x.localeCompare(y, document.documentElement.lang));
      }));
    });
  });
}
`;

/** The only script. It makes no markup from text. */
export const script = `'use strict';${pages}${sorting}`;
