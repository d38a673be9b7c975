import type { MartsWarehouse, Seed } from './marts-warehouse.ts';

const ids = { source: 'esp', account_id: 'shop' };

/** A campaign of 10 January 2026; columns may be changed. */
export async function campaign(marts: MartsWarehouse, campaignId: string, more: Seed = {}): Promise<void> {
  await marts.seed('core.dim_campaign', [
    {
      ...ids,
      campaign_id: campaignId,
      list_id: 'l1',
      name: `Campaign ${campaignId}`,
      kind: 'regular',
      has_name_in_subject: false,
      sent_at: '2026-01-10 09:00:00',
      send_date: '2026-01-10',
      has_per_recipient_events: true,
      open_tracking: true,
      click_tracking: true,
      ...more,
    },
  ]);
}

let events = 0;

/** Events of one type, one a person; `s3` is the person of member 3. */
export async function happen(
  marts: MartsWarehouse,
  campaignId: string,
  type: string,
  people: readonly number[],
  more: Seed = {},
): Promise<void> {
  const day = typeof more['event_date'] === 'string' ? more['event_date'] : '2026-01-10';
  await marts.seed(
    'core.fct_message_event',
    people.map((person) => {
      events += 1;
      return {
        ...ids,
        campaign_id: campaignId,
        list_id: 'l1',
        subscriber_id: `s${person}`,
        member_id: `m${person}`,
        event_id: `e${events}`,
        event_type: type,
        event_at: `${day} 10:00:00`,
        event_date: day,
        ...more,
      };
    }),
  );
}

/** An order of the account's own shop, attributed to a campaign. */
export async function order(
  marts: MartsWarehouse,
  orderId: string,
  person: string | null,
  amount: string,
  more: Seed = {},
): Promise<void> {
  await marts.seed('core.fct_order', [
    {
      ...ids,
      order_id: orderId,
      subscriber_id: person,
      campaign_account_id: 'shop',
      campaign_id: 'c1',
      ordered_at: '2026-01-11 09:00:00',
      order_date: '2026-01-11',
      status: 'paid',
      amount,
      refund_amount: '0',
      refund_is_unknown: false,
      cost_of_goods_amount: null,
      currency_code: 'EUR',
      original_amount: amount,
      original_refund_amount: '0',
      original_currency_code: 'EUR',
      fx_missing: false,
      ...more,
    },
  ]);
}

/** A conversion that is no order. */
export async function conversion(marts: MartsWarehouse, id: string, person: string, more: Seed = {}): Promise<void> {
  await marts.seed('core.fct_conversion', [
    {
      ...ids,
      conversion_id: id,
      subscriber_id: person,
      campaign_account_id: 'shop',
      campaign_id: 'c1',
      kind: 'form',
      converted_at: '2026-01-11 09:00:00',
      conversion_date: '2026-01-11',
      currency_code: 'EUR',
      fx_missing: false,
      ...more,
    },
  ]);
}

/** A direct cost of campaign c1. */
export async function cost(
  marts: MartsWarehouse,
  id: string,
  kind: string,
  amount: string | null,
  more: Seed = {},
): Promise<void> {
  await marts.seed('core.fct_cost', [
    {
      ...ids,
      cost_id: id,
      campaign_account_id: 'shop',
      campaign_id: 'c1',
      kind,
      cost_date: '2026-01-10',
      amount,
      currency_code: 'EUR',
      original_amount: amount ?? '1',
      original_currency_code: 'EUR',
      fx_missing: amount === null,
      ...more,
    },
  ]);
}

/** Totals that the source states for a campaign. */
export async function totals(
  marts: MartsWarehouse,
  campaignId: string,
  values: Readonly<Record<string, string>>,
  currency: string | null = null,
): Promise<void> {
  await marts.seed(
    'core.fct_campaign_counter',
    Object.entries(values).map(([measure, value]) => ({
      ...ids,
      campaign_id: campaignId,
      measure,
      value,
      currency_code: currency,
      snapshot_date: '2026-06-30',
    })),
  );
}

/** 1 … n, or from … to. */
export const people = (from: number, to?: number): readonly number[] =>
  to === undefined
    ? Array.from({ length: from }, (_, index) => index + 1)
    : Array.from({ length: to - from + 1 }, (_, index) => from + index);
