import { stores } from './company.ts';
import { day, hour, utcDateOf } from './instant.ts';
import { amountOf, centsOf } from './money.ts';
import { worldStart, worldUntil } from './profile.ts';
import { createRandom } from './random.ts';
import type { Amount, Campaign, Cost, CostKind, FxRate, Order, OtherRevenue, Product, Seconds, Send } from './types.ts';

export type Books = {
  readonly costs: readonly Cost[];
  readonly fxRates: readonly FxRate[];
  readonly otherRevenue: readonly OtherRevenue[];
};

/** What only the company's own books know: costs, exchange rates, revenue beside the shops. */
export function createBooks(
  seed: number,
  campaigns: readonly Campaign[],
  sends: readonly Send[],
  orders: readonly Order[],
  products: readonly Product[],
): Books {
  return {
    costs: [...campaignCosts(seed, campaigns, sends, orders, products), ...sharedCosts(seed)],
    fxRates: createFxRates(seed),
    otherRevenue: createOtherRevenue(seed),
  };
}

function campaignCosts(
  seed: number,
  campaigns: readonly Campaign[],
  sends: readonly Send[],
  orders: readonly Order[],
  products: readonly Product[],
): Cost[] {
  const sentCount = new Map<string, number>();
  for (const send of sends) sentCount.set(send.campaignId, (sentCount.get(send.campaignId) ?? 0) + 1);
  const ordersOf = Map.groupBy(orders, (order) => order.campaignId);
  const costs: Cost[] = [];
  const add = (
    campaign: Campaign,
    kind: CostKind,
    amount: Amount,
    currency: string,
    at: Seconds,
    variant: string | null = null,
  ): void => {
    if (at > worldUntil) return;
    costs.push({
      id: `c-${costs.length + 1}`,
      campaignId: campaign.id,
      variant,
      kind,
      amount,
      currency,
      incurredOn: utcDateOf(at),
      at,
    });
  };
  for (const campaign of campaigns) {
    if (campaign.sentAt === null) continue;
    const random = createRandom(seed, 'costs', campaign.id);
    const at = campaign.sentAt + hour;
    // 0.0923 cents a mail: four and more decimal places.
    add(campaign, 'esp_fee', ((sentCount.get(campaign.id) ?? 0) * 0.000_923).toFixed(6), 'EUR', at);
    if (campaign.type === 'automation') continue;
    add(campaign, 'staff', amountOf(random.int(4, 40) * 1250), 'EUR', at - 2 * hour);
    if (random.chance(0.7))
      add(campaign, 'creative', amountOf(random.int(2000, 30_000)), random.pick(['EUR', 'EUR', 'USD']), at + day);
    if (random.chance(0.2)) add(campaign, 'tools', amountOf(random.int(500, 4000)), 'USD', at);
    if (random.chance(0.15)) add(campaign, 'list_building', amountOf(random.int(3000, 20_000)), 'EUR', at);
    if (random.chance(0.1)) add(campaign, 'other', amountOf(random.int(100, 5000)), 'EUR', at);
    if (campaign.abSplit !== null) {
      add(campaign, 'creative', amountOf(random.int(1000, 9000)), 'EUR', at, 'a');
      add(campaign, 'creative', amountOf(random.int(1000, 9000)), 'EUR', at, 'b');
    }
    addGoods(campaign, ordersOf.get(campaign.id) ?? [], products, add);
  }
  return costs;
}

/** A week after the mailing the books take in what the goods sold so far had cost. */
function addGoods(
  campaign: Campaign,
  orders: readonly Order[],
  products: readonly Product[],
  add: (campaign: Campaign, kind: CostKind, amount: Amount, currency: string, at: Seconds) => void,
): void {
  const at = (campaign.sentAt ?? 0) + 7 * day;
  let cents = 0;
  for (const order of orders) {
    if (order.placedAt > at || (order.cancelledAt !== null && order.cancelledAt <= at)) continue;
    for (const line of order.lines) {
      const product = products.find((candidate) => candidate.id === line.productId);
      cents += centsOf(product?.unitCost ?? '0') * line.quantity;
    }
  }
  const currency = stores.find((store) => store.listId === campaign.listId)?.currency ?? 'EUR';
  if (cents > 0) add(campaign, 'cost_of_goods', amountOf(cents), currency, at);
}

/** The subscription of each month belongs to no campaign. */
function sharedCosts(seed: number): Cost[] {
  const random = createRandom(seed, 'shared costs');
  const costs: Cost[] = [];
  for (const at of months()) {
    const incurredOn = utcDateOf(at);
    const shared = { campaignId: null, variant: null, incurredOn, at } as const;
    costs.push({
      id: `s-${costs.length + 1}`,
      ...shared,
      kind: 'esp_fee',
      amount: amountOf(random.int(18_000, 26_000)),
      currency: 'USD',
    });
    costs.push({
      id: `s-${costs.length + 1}`,
      ...shared,
      kind: 'staff',
      amount: amountOf(random.int(80_000, 120_000)),
      currency: 'EUR',
    });
  }
  return costs;
}

/** Weekly rates to the euro. The franc's begin in July 2025: before that, amounts in francs cannot be converted. */
function createFxRates(seed: number): FxRate[] {
  const rates: FxRate[] = [];
  const firstFranc = Date.UTC(2025, 6, 1) / 1000;
  for (const [from, start] of [
    ['USD', 0.92],
    ['GBP', 1.17],
    ['CHF', 1.05],
  ] as const) {
    const random = createRandom(seed, 'fx', from);
    let rate = start;
    for (let at = worldStart - 2 * day; at <= worldUntil; at += 7 * day) {
      rate *= 1 + (random.next() - 0.5) * 0.016;
      if (from === 'CHF' && at < firstFranc) continue;
      rates.push({ date: utcDateOf(at), from, to: 'EUR', rate: rate.toFixed(6), at });
    }
  }
  return rates;
}

function createOtherRevenue(seed: number): OtherRevenue[] {
  const random = createRandom(seed, 'other revenue');
  const rows: OtherRevenue[] = [];
  for (const at of months()) {
    for (const kind of ['ads', 'affiliates', 'media', 'other'] as const) {
      if (!random.chance(kind === 'ads' ? 0.95 : 0.4)) continue;
      const currency = kind === 'affiliates' ? 'USD' : 'EUR';
      rows.push({
        id: `r-${rows.length + 1}`,
        kind,
        amount: amountOf(random.int(2000, 90_000)),
        currency,
        receivedOn: utcDateOf(at),
        at,
      });
    }
  }
  return rows;
}

/** The third of each month at noon. */
function months(): Seconds[] {
  const instants: Seconds[] = [];
  for (let month = 0; ; month += 1) {
    const at = Date.UTC(2025, month, 3, 12) / 1000;
    if (at > worldUntil) return instants;
    instants.push(at);
  }
}
