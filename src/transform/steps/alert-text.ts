import type { Judgement } from './alert-baseline.ts';
import type { Observation, WatchRule } from './alert-incidents.ts';

type Named = {
  readonly name: string;
  readonly unit: string;
  /** What the scope is called: the campaign's name, the account, the list. */
  readonly label: string;
  readonly scope: string;
  readonly currency: string | null;
};

const whole = new Intl.NumberFormat('en', { maximumFractionDigits: 0 });

/** A number as a person reads it: 0.249 of a rate is `24.9 %`. Four digits, so that 24.96 % does not look like the 25 % it misses. */
function figure(value: number, unit: string, currency: string | null = null): string {
  const short = (x: number): string => String(Number(x.toPrecision(4)));
  if (unit === 'rate') return `${short(value * 100)} %`;
  if (unit === 'money') return `${value.toFixed(2)}${currency === null ? '' : ` ${currency}`}`;
  return unit === 'count' ? whole.format(value) : short(value);
}

const longestName = 80;

/** A source's name as a part of a sentence: one line, nothing that turns or hides text, and short enough to leave the number in sight. */
function spoken(name: string): string {
  const line = name
    .replaceAll(/[\s\p{Cc}]+/gu, ' ')
    .replaceAll(/[\p{Bidi_Control}\u200B\u2060\uFEFF]/gu, '')
    .trim();
  const characters = [...line];
  return characters.length > longestName ? `${characters.slice(0, longestName - 1).join('')}…` : line;
}

/** One sentence: what, where, how much, against what. */
export function alertText(
  named: Named,
  rule: WatchRule,
  { value, numerator, denominator }: Observation,
  judgement: Judgement | null,
): string {
  const { unit, label, scope, currency } = named;
  // `Complaint rate by domain of domain x` would say it twice.
  const name = named.name.replace(` by ${scope}`, '');
  const where = whereOf(scope, label);
  if (rule.kind === 'rise' && judgement !== null) {
    return (
      `${name} ${where}: ${whole.format(numerator ?? 0)} of ${whole.format(denominator ?? 0)}, where ` +
      `${Number(judgement.expected.toPrecision(3))} are usual and up to ${whole.format(judgement.limit)} may be chance (p ${p(judgement)})`
    );
  }
  const parts =
    denominator === null || unit !== 'rate' ? '' : ` (${whole.format(numerator ?? 0)} of ${whole.format(denominator)})`;
  const said = `${name} ${where} is ${figure(value ?? 0, unit, currency)}${parts}`;
  if (judgement !== null)
    return `${said}; the account's own median is ${figure(judgement.expected, unit)} (p ${p(judgement)})`;
  const side = rule.goodSide === 'above' ? 'at least' : 'below';
  return `${said}; it should be ${side} ${figure(rule.threshold ?? 0, unit, currency)}`;
}

function whereOf(scope: string, label: string): string {
  if (scope === 'all') return 'of the whole company';
  if (scope === 'domain' && label === 'unknown') return 'of mails whose domain is not known';
  return `of ${scope} ${spoken(label)}`;
}

const p = ({ pValue }: Judgement): string => (pValue < 0.0001 ? '< 0.0001' : `= ${pValue.toFixed(4)}`);
