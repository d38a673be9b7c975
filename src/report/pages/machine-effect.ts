import type { Context } from '../context.ts';
import { shownUnit } from '../format.ts';
import { markup, type HtmlValue } from '../html.ts';
import type { Kpi } from '../kpis/kpi.ts';
import { kpiName } from '../sections/kpi-cards.ts';

/** What machines add to a number: people's beside the one that the services report. */
export function machineEffect(context: Context, kpis: readonly Kpi[]): HtmlValue {
  const { format, messages } = context;
  const pairs = kpis.flatMap((reported) => {
    const human = kpis.find(({ key }) => `${key}_reported` === reported.key);
    return human === undefined ? [] : [{ human, reported }];
  });
  return (
    pairs.length > 0 &&
    markup`<ul class="effect">
      ${pairs.map(({ human, reported }) => {
        const words = messages.metricPages.effect;
        const name = kpiName(context, human);
        if (human.value === null || reported.value === null) return markup`<li>${words.unknown(name)}</li>`;
        const unit = shownUnit(human.unit, human.source.column);
        const gap = Number(reported.value) - Number(human.value);
        return markup`<li>
          ${words.known(
            name,
            format.value(human.value, unit),
            format.value(reported.value, unit),
            unit === 'rate' ? messages.kpis.points(format.points(gap)) : format.signed(gap, 2),
          )}
        </li>`;
      })}
    </ul>`
  );
}
