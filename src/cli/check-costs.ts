import type { Project } from '../config/load.ts';
import { nearest } from '../config/suggest.ts';
import type { Finding } from './check-finding.ts';

/** Cost rules of accounts that are no source of mailmart.yaml: right for one that was taken out, a slip else, and it counts nothing. */
export function costFindings({
  sources,
  costs,
}: {
  readonly sources: readonly Pick<Project['config']['sources'][number], 'id'>[];
  readonly costs: { readonly rules: readonly Pick<Project['config']['costs']['rules'][number], 'account'>[] };
}): readonly Finding[] {
  const ids = sources.map(({ id }) => id);
  return costs.rules.flatMap(({ account }, index): readonly Finding[] => {
    if (account === undefined || ids.includes(account)) return [];
    const meant = nearest(account, ids);
    return [
      {
        group: 'mailmart',
        item: `costs.rules[${index}]`,
        status: 'warning',
        message: `There is no source ${account}: the rule counts only what was loaded of it before.`,
        fix: meant === undefined ? 'Write the id of a source, or remove account.' : `Did you mean ${meant}?`,
      },
    ];
  });
}
