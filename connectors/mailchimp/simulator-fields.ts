/** `fields` and `exclude_fields`: comma-separated dot paths, `members.merge_fields.FNAME`; arrays on the way are passed through. */
export type Selection = { readonly mode: 'all' | 'only' | 'without'; readonly tree: FieldTree };

type FieldTree = { readonly [name: string]: FieldTree | true };

export const everything: Selection = { mode: 'all', tree: {} };

export function parseSelection(mode: 'only' | 'without', text: string): Selection {
  const tree: Record<string, unknown> = {};
  for (const path of text.split(',')) {
    const names = path.trim().split('.');
    let at: Record<string, unknown> = tree;
    for (const [index, name] of names.entries()) {
      if (name === '' || at[name] === true) break;
      if (index === names.length - 1) at[name] = true;
      else {
        const next = at[name] ?? {};
        at[name] = next;
        at = next as Record<string, unknown>;
      }
    }
  }
  return { mode, tree: tree as FieldTree };
}

/** What the selection says of a field: drop it, keep it whole, or look inside with the narrower selection. */
export function selectField(selection: Selection, name: string): Selection | undefined {
  if (selection.mode === 'all') return everything;
  const below = selection.tree[name];
  if (selection.mode === 'only') {
    if (below === undefined) return undefined;
    return below === true ? everything : { mode: 'only', tree: below };
  }
  if (below === undefined) return everything;
  return below === true ? undefined : { mode: 'without', tree: below };
}

/** The value with only the selected fields. */
export function pick(value: unknown, selection: Selection): unknown {
  if (selection.mode === 'all' || typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map((item) => pick(item, selection));
  const picked: Record<string, unknown> = {};
  for (const [name, field] of Object.entries(value)) {
    const below = selectField(selection, name);
    if (below !== undefined) picked[name] = pick(field, below);
  }
  return picked;
}
