import type { Clicked } from './fact-types.ts';

/**
 * A recipient who, from the first click on, follows all tracked links (two or more) within ten seconds is a machine for these
 * clicks; later ones are human. No source says so.
 */
export function markBursts(
  clicks: readonly Omit<Clicked, 'machine'>[],
  /** Addresses of a campaign's tracked links. */
  linksOf: (campaignId: string) => ReadonlySet<string>,
): readonly Clicked[] {
  const groups = Map.groupBy(clicks, (click) => `${click.campaignId} ${click.recipient}`);
  return [...groups.values()].flatMap((group) => {
    const links = linksOf(group[0]?.campaignId ?? '');
    const first = Math.min(...group.map((click) => click.at));
    const early = group.filter((click) => click.at <= first + 10);
    const isBurst = links.size >= 2 && new Set(early.map((click) => click.url)).size === links.size;
    return group.map((click) => ({ ...click, machine: isBurst && click.at <= first + 10 }));
  });
}
