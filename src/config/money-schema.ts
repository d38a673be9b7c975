import { z } from 'zod';
import { describe } from './described.ts';
import { amount, calendarDate, currencyCode, fixedDuration, pattern, ruledText } from './values.ts';

/** How an order finds its campaign when neither its source nor its UTM parameters name one. */
const attributionModels = ['last_click', 'last_touch', 'first_touch', 'linear'] as const;

/** Kinds of cost, as the marts have columns for them. */
const costKinds = ['esp_fee', 'staff', 'creative', 'list_building', 'tools', 'other'] as const;

const costUnits = ['month', 'campaign', 'send', 'subscriber', 'new_subscriber'] as const;

const share = z
  .union([z.number(), z.string()])
  .transform(String)
  .pipe(
    ruledText({
      ok: (value) => /^(?:0(?:\.\d{1,9})?|1(?:\.0{1,9})?)$/.test(value),
      what: (value) => `"${value.slice(0, 40)}" is not a share between 0 and 1.`,
      hint: () => ({ fix: 'Write a share such as 0.35 for 35 %.' }),
    }),
  );

export const attribution = z
  .strictObject({
    model: describe(
      z.enum(attributionModels).default('last_click'),
      'Which e-mail gets an order or conversion that names no campaign and whose UTM parameters lead to none. `last_click`: the last e-mail clicked in the window. `last_touch`, `first_touch`: the last or first clicked, where none was clicked opened, where none was opened delivered. `linear`: shared equally by all of these.',
      'last_click',
    ),
    window: describe(
      fixedDuration.default('P5D'),
      'How long after a touch (click, open, delivery) an order still belongs to it, the last second included. ISO 8601 duration.',
      'P5D',
    ),
    include_tax: describe(
      z.boolean().default(true),
      'Whether taxes count as revenue. true: what the customer paid. Orders that state no tax keep it.',
      true,
    ),
    include_shipping: describe(
      z.boolean().default(true),
      'Whether what the customer paid for shipping counts as revenue.',
      true,
    ),
    other_revenue: describe(
      z.enum(['sends', 'active', 'none']).default('sends'),
      'Whose lifetime value ads, affiliates and media are part of. `sends`: everybody mailed in the month, by mails sent. `active`: equally all who opened or clicked in the month. `none`: nobody.',
      'sends',
    ),
  })
  .prefault({})
  .meta({
    description: 'Which campaign an order or conversion belongs to, and what of an order is revenue.',
    examples: [{ model: 'last_click', window: 'P5D' }],
  });

const costRule = z
  .strictObject({
    kind: describe(z.enum(costKinds), 'What it is spent on: its column in campaign_profit.', 'esp_fee'),
    amount: describe(amount, 'What one unit of `per` costs; with `hours`, what one hour costs.', 199),
    per: describe(
      z.enum(costUnits),
      'What is counted. `month`: once a month. `campaign`: once a campaign. `send`: each mail. `subscriber`: each subscriber at the end of the month. `new_subscriber`: each sign-up.',
      'month',
    ),
    hours: describe(amount.optional(), 'Hours of work for one unit of `per`; `amount` is then the rate per hour.', 3.5),
    currency: describe(currencyCode.optional(), 'Currency of amount. Absent: the company’s.', 'USD'),
    account: describe(
      z.string().optional(),
      'Only the campaigns, mails and subscribers of this source (its id). Absent: all.',
      'shop-newsletter',
    ),
    match: describe(
      pattern.optional(),
      'Only campaigns whose name holds this regular expression; for per: campaign and per: send.',
      '^Launch',
    ),
    from: describe(calendarDate.optional(), 'First day. Absent: the month of the first mail.', '2025-01-01'),
    until: describe(calendarDate.optional(), 'Last day. Absent: until today.', '2025-12-31'),
  })
  .check((context) => {
    const { match, per, from, until } = context.value;
    if (from !== undefined && until !== undefined && until < from) {
      context.issues.push({
        code: 'custom',
        input: until,
        path: ['until'],
        message: `The rule ends on ${until}, before it begins on ${from}: it would count nothing.`,
        params: { fix: 'Write a last day that is not before the first, or leave one of them out.' },
      });
    }
    if (match === undefined || per === 'campaign' || per === 'send') return;
    context.issues.push({
      code: 'custom',
      input: match,
      path: ['match'],
      message: `\`match\` chooses campaigns, and per: ${per} is not about campaigns.`,
      params: { fix: 'Remove match, or write per: campaign or per: send.' },
    });
  })
  .meta({
    description: 'A cost that follows from what was sent.',
    examples: [{ kind: 'esp_fee', amount: 199, per: 'month', currency: 'USD' }],
  });

export const costs = z
  .strictObject({
    rules: describe(
      z.array(costRule).default([]),
      'Costs that follow from what was sent: fees, hours of work, list building. Costs that you know one by one come from a file.',
      [
        { kind: 'esp_fee', amount: 199, per: 'month', currency: 'USD' },
        { kind: 'staff', amount: 45, hours: 3.5, per: 'campaign' },
      ],
    ),
    shared: describe(
      z.enum(['by_sends', 'unallocated']).default('by_sends'),
      'Costs that name no campaign. `by_sends`: shared by the campaigns of their month, by mails sent. `unallocated`: of no campaign, only in profit_monthly.',
      'by_sends',
    ),
    cost_of_goods_rate: describe(
      share.optional(),
      'Share of an order’s amount that its goods cost, for orders that state no cost of goods.',
      0.35,
    ),
    close_after_days: describe(
      z.int().min(0).max(365).default(5),
      'How many days after its end a month is closed: what changes later shows as restated_amount in profit_monthly.',
      5,
    ),
  })
  .prefault({})
  .meta({
    description: 'What the e-mails cost, beside the costs that files bring.',
    examples: [{ rules: [{ kind: 'esp_fee', amount: 199, per: 'month', currency: 'USD' }] }],
  });
