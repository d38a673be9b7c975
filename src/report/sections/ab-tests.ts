import { intervals } from '../charts/shapes.ts';
import { columnName, translated, wordOf, type Context } from '../context.ts';
import { figure } from '../figure.ts';
import { bdi, markup, type Html, type HtmlValue } from '../html.ts';
import { martTable } from '../mart-table.ts';
import type { Fields } from '../reader.ts';

/** Tests shown whole, newest first; of the next ones only the outcome is listed, and the rest is counted. */
const wholeTests = 8;
const listedTests = 40;
const openTests = 2;
const keys = ['source', 'account_id', 'test_id', 'variant', 'metric'] as const;

type Test = { readonly name: string; readonly sentOn: string | null; readonly rows: readonly Fields[] };

/** Each test: what was proven, with intervals drawn, and what a hold-out says was earned. */
export async function testSection(context: Context): Promise<Html> {
  const { messages, format } = context;
  const words = messages.abTests;
  const tests = await readTests(context);
  const methods = [...new Set(tests.flatMap(({ rows }) => rows.flatMap((row) => row['method'] ?? [])).map(String))];
  const shown = tests.slice(0, wholeTests);
  const listed = tests.slice(wholeTests, wholeTests + listedTests);
  const more = tests.length - shown.length - listed.length;
  const parts: Html[] = [];
  for (const [index, test] of shown.entries()) parts.push(await testPart(context, test, index));
  return markup`
    ${
      tests.length === 0
        ? markup`<p class="empty">${words.empty}</p>`
        : markup`<p>${words.intro}</p>
            ${parts}`
    }
    ${
      listed.length > 0 &&
      markup`<h3 class="group">${words.older}</h3>
        <ul class="list">
          ${listed.map((test) => markup`<li>${testSummary(context, test)}</li>`)}
        </ul>`
    }
    ${more > 0 && markup`<p class="more">${words.more(format.count(more))}</p>`}
    ${
      methods.length > 0 &&
      markup`<details class="data">
        <summary>${words.methodHeading}</summary>
        <ul class="list">
          ${methods.toSorted().map((method) => markup`<li>${sentences(context, method)}</li>`)}
        </ul>
      </details>`
    }
  `;
}

async function readTests({ reader }: Context): Promise<readonly Test[]> {
  const rows = await reader.rows(
    ['marts.ab_test_results', 'marts.campaign_performance'],
    `select t.*, p.name as campaign_name, p.send_date from marts.ab_test_results as t
      left join marts.campaign_performance as p using (source, account_id, campaign_id)
      order by p.sent_at desc nulls last, t.source, t.account_id, t.test_id, t.metric, t.is_control desc, t.variant`,
  );
  const groups = Map.groupBy(rows, (row) => JSON.stringify([row['source'], row['account_id'], row['test_id']]));
  return [...groups.values()].map((group) => ({
    name: String(group[0]?.['campaign_name'] ?? group[0]?.['test_id']),
    sentOn: group[0]?.['send_date'] === null || group[0] === undefined ? null : String(group[0]['send_date']),
    rows: group,
  }));
}

function comparisons({ rows }: Test): readonly Fields[] {
  return rows.filter((row) => row['is_control'] !== true && row['difference_rate'] !== null);
}

/** Name, date and outcome in one line. */
function testSummary({ messages, format }: Context, test: Test): Html {
  const words = messages.abTests;
  const proven = comparisons(test).filter(isProven);
  const metrics = [...new Set(proven.map((row) => words.kinds(String(row['metric']))))];
  return markup`${words.summary(bdi(test.name), test.sentOn === null ? '' : format.date(test.sentOn))}:
      <span class="outcome ${metrics.length > 0 && 'good'}"
        >${metrics.length > 0 ? words.proven(messages.joinNames(metrics)) : words.notProven}</span
      >`;
}

async function testPart(context: Context, test: Test, index: number): Promise<Html> {
  const { messages, format } = context;
  const words = messages.abTests;
  const id = `test-${index}`;
  const { name, rows } = test;
  const compared = comparisons(test);
  const proven = compared.filter(isProven);
  const money = rows.filter((row) => row['metric'] === 'purchase_rate' && row['revenue_amount'] !== null);
  const hasMoney = money.some((row) => Number(row['revenue_amount']) !== 0 || Number(row['cost_amount']) !== 0);
  const letters = lettersOf(rows);
  const chart =
    compared.length === 0
      ? undefined
      : intervals(
          compared.map((row) => ({
            label: `${letters.get(row['variant']) ?? ''} · ${words.kinds(String(row['metric']))}`,
            low: Number(row['difference_low_rate'] ?? row['difference_rate']),
            value: Number(row['difference_rate']),
            high: Number(row['difference_high_rate'] ?? row['difference_rate']),
            isProven: isProven(row),
          })),
          { format: '+.1%' },
        );
  const plot = await figure(context, {
    id,
    title: words.chartTitle(name),
    finding:
      compared.length === 0
        ? words.noChart
        : words.chartFinding(format.count(proven.length), format.count(compared.length)),
    chart,
    isTableOpen: true,
    table: ratesTable(context, id, name, rows, letters),
  });
  return markup`<details class="test" ${index < openTests && markup` open=""`}>
    <summary>${testSummary(context, test)}</summary>
    ${plot}${hasMoney && moneyTable(context, id, name, money, letters)}
  </details>`;
}

/** Texts of the mart that say several things. */
function sentences(context: Context, text: string): Html {
  return markup`${text.split('; ').map((part, index) => markup`${index > 0 && '; '}${translated(context, part)}`)}`;
}

function isControl(row: Fields): boolean {
  return row['is_control'] === true;
}

function isProven(row: Fields): boolean {
  return / (?:wins over|loses to) /.test(String(row['verdict']));
}

type Letters = ReadonlyMap<unknown, string>;

/** A short name for each variant, the control first, so that picture and table can be read together. */
function lettersOf(rows: readonly Fields[]): Letters {
  const controls = rows.filter((row) => row['is_control'] === true).map((row) => row['variant']);
  const variants = [...new Set([...controls, ...rows.map((row) => row['variant'])])];
  return new Map(
    variants.map((variant, index) => [variant, index < 26 ? String.fromCharCode(65 + index) : `V${index + 1}`]),
  );
}

/** Ids that services make up: nobody knows a variant by them. */
const madeUp = /^(?=.*\d)(?:[0-9a-f]{10}|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})$/i;

function hasNoName(row: Fields): boolean {
  return row['label'] === row['variant'] && madeUp.test(String(row['label']));
}

function variantName({ messages }: Context, row: Fields, letters: Letters): HtmlValue {
  const words = messages.abTests;
  const role = row['is_mailed'] === false ? words.holdOut : row['is_control'] === true ? words.control : undefined;
  const name = hasNoName(row)
    ? markup`<span class="muted">${words.unnamed(bdi(String(row['label'])))}</span>`
    : bdi(wordOf(messages.values.variant, row['label']));
  return markup`<strong>${letters.get(row['variant'])}</strong> ${name}${role !== undefined && markup` <span class="tag">${role}</span>`}`;
}

function verdictText({ messages }: Context, row: Fields, rows: readonly Fields[], letters: Letters): HtmlValue {
  const { verdicts, winsOver } = messages.abTests;
  const words: Readonly<Record<string, string>> = verdicts;
  const verdict = String(row['verdict']);
  const [, winner, loser] = /^(.*) wins over (.*)$/s.exec(verdict) ?? [];
  if (winner !== undefined && loser !== undefined) {
    const short = (label: string): string => {
      const unnamed = rows.find((each) => each['label'] === label && hasNoName(each));
      return unnamed === undefined
        ? wordOf(messages.values.variant, label)
        : (letters.get(unnamed['variant']) ?? label);
    };
    return winsOver(bdi(short(winner)), bdi(short(loser)));
  }
  return words[verdict] ?? bdi(verdict);
}

function ratesTable(context: Context, id: string, name: string, rows: readonly Fields[], letters: Letters): Html {
  const words = context.messages.abTests;
  return martTable(context, {
    id: `${id}-table`,
    caption: words.caption(name),
    mart: 'ab_test_results',
    keys,
    columns: [
      { column: 'label', unit: 'text', show: (row) => variantName(context, row, letters) },
      { column: 'metric', unit: 'text', show: (row) => words.kinds(String(row['metric'])) },
      { column: 'recipient_count', unit: 'count' },
      { column: 'success_count', unit: 'count' },
      { column: 'success_rate', unit: 'rate' },
      { column: 'lift_rate', unit: 'rate', isAbsent: isControl },
      { column: 'difference_rate', unit: 'rate', isAbsent: isControl },
      { column: 'difference_low_rate', unit: 'rate', isAbsent: isControl },
      { column: 'difference_high_rate', unit: 'rate', isAbsent: isControl },
      { column: 'p_value', unit: 'ratio', show: (row) => pValue(context, row) },
      { column: 'probability_best', unit: 'rate' },
      { column: 'verdict', unit: 'text', show: (row) => verdictText(context, row, rows, letters) },
      {
        column: 'sample_warning',
        unit: 'text',
        show: (row) => (row['sample_warning'] === null ? '' : sentences(context, String(row['sample_warning']))),
      },
    ],
    rows,
  });
}

function pValue({ format, messages }: Context, row: Fields): HtmlValue {
  const value = row['p_value'] ?? null;
  if (value === null) {
    return markup`<span class="na">${isControl(row) ? messages.none : messages.notAvailable}</span>`;
  }
  return Number(value) < 0.0001 ? `< ${format.number(0.0001, 4)}` : format.number(value, 4);
}

function moneyTable(context: Context, id: string, name: string, rows: readonly Fields[], letters: Letters): Html {
  return martTable(context, {
    id: `${id}-money`,
    caption: context.messages.abTests.captionMoney(name),
    mart: 'ab_test_results',
    keys,
    columns: [
      { column: 'label', unit: 'text', show: (row) => variantName(context, row, letters) },
      { column: 'recipient_count', unit: 'count' },
      { column: 'revenue_amount', unit: 'money' },
      { column: 'revenue_per_recipient_amount', unit: 'money' },
      { column: 'incremental_revenue_amount', unit: 'money', isAbsent: isControl },
      { column: 'incremental_revenue_low_amount', unit: 'money', isAbsent: isControl },
      { column: 'incremental_revenue_high_amount', unit: 'money', isAbsent: isControl },
      { column: 'refund_amount', unit: 'money' },
      { column: 'cost_amount', unit: 'money' },
      {
        column: 'incremental_profit_amount',
        unit: 'money',
        label: columnName(context, 'ab_test_results', 'incremental_profit_amount'),
        isAbsent: isControl,
      },
      { column: 'incremental_profit_per_recipient_amount', unit: 'money', isAbsent: isControl },
    ],
    rows,
  });
}
