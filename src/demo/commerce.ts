import { stores } from './company.ts';
import { day, hour } from './instant.ts';
import { amountOf, centsOf } from './money.ts';
import type { Population } from './people.ts';
import { type Profile, worldStart, worldUntil } from './profile.ts';
import { createRandom, type Random } from './random.ts';
import type {
  Campaign,
  Click,
  Conversion,
  Customer,
  Order,
  OrderLine,
  Person,
  Product,
  Seconds,
  Send,
  Store,
  Utm,
} from './types.ts';

export type Commerce = {
  readonly products: readonly Product[];
  readonly customers: readonly Customer[];
  readonly orders: readonly Order[];
  readonly conversions: readonly Conversion[];
};

const kinds = ['form', 'lead', 'call', 'form'] as const;
const wares = ['Pot', 'Bulbs', 'Rose', 'Erde 40 l', 'Secateurs “Pro”', 'Greenhouse', 'Watering can', 'Seeds, mixed'];

/** Orders and other conversions: some follow a person's click within days, others come by themselves. */
export function createCommerce(
  seed: number,
  profile: Profile,
  population: Population,
  campaigns: readonly Campaign[],
  clicks: readonly Click[],
  sends: readonly Send[],
): Commerce {
  const products = stores.flatMap((store) => createProducts(seed, store));
  const desk = createDesk(seed, products, profile.rare > 1);
  const conversions: Conversion[] = [];
  const byId = new Map(campaigns.map((campaign) => [campaign.id, campaign]));
  const groups = testGroups(campaigns, sends);
  const random = createRandom(seed, 'commerce');

  for (const click of clicks) {
    if (click.isScanner) continue;
    const campaign = byId.get(click.campaignId);
    const membership = population.memberships[click.member];
    const person = membership === undefined ? undefined : population.people[membership.personIndex];
    const store = stores.find((candidate) => candidate.listId === campaign?.listId);
    if (campaign === undefined || membership === undefined || person === undefined || store === undefined) {
      throw new Error(`click of ${click.campaignId} leads nowhere`);
    }
    const sells = /^(Launch|Sale)/.test(campaign.title) ? 0.16 : 0.03;
    if (random.chance(sells * Math.min(profile.rare, 2))) {
      const at = click.at + random.delay(4 * hour);
      if (at <= Math.min(worldUntil, click.at + 5 * day)) desk.order(random, store, person, campaign.id, at);
    }
    const talks = campaign.title.startsWith('Guide') ? 0.2 : 0.02;
    const isWanted = profile.rare > 1 && conversions.length < kinds.length;
    if (random.chance(isWanted ? 0.4 : talks * Math.min(profile.rare, 2))) {
      const at = click.at + random.int(60, 2 * day);
      const drawn = random.pick(kinds);
      const kind = profile.rare > 1 ? (kinds[conversions.length] ?? drawn) : drawn;
      const value = kind === 'lead' && random.chance(0.7) ? amountOf(random.int(500, 9000)) : null;
      if (at <= worldUntil) {
        // Every other one names its campaign, one in four the link's parameters, and the rest nothing.
        const told = conversions.length % 4;
        const isStated = told % 2 === 0;
        conversions.push({
          id: `cv-${conversions.length + 1}`,
          personIndex: person.index,
          address: random.chance(0.2) ? ` ${membership.address.toUpperCase()}` : membership.address,
          campaignId: isStated ? campaign.id : null,
          utm: told === 1 ? utmOf(campaign.links[click.link]?.url) : null,
          variant: isStated ? (groups.get(`${campaign.id}/${click.member}`) ?? null) : null,
          kind,
          at,
          value,
          currency: value === null ? null : random.pick(['EUR', 'EUR', 'USD']),
        });
      }
    }
  }
  for (const person of population.people) {
    if (!random.chance(profile.looseOrders)) continue;
    const at = worldStart + 3 * day + Math.floor(random.next() * (worldUntil - worldStart - 4 * day));
    desk.order(random, random.pick(stores), person, null, at);
  }
  return { products, customers: desk.customers, orders: desk.finish(), conversions };
}

/** The parameters of a link that the visit keeps; null when it has none. */
function utmOf(url: string | undefined): Utm | null {
  const parameters = new URL(url ?? 'https://nowhere.example').searchParams;
  const campaign = parameters.get('utm_campaign');
  if (campaign === null) return null;
  return {
    source: parameters.get('utm_source') ?? '',
    medium: parameters.get('utm_medium') ?? '',
    campaign,
    content: parameters.get('utm_content') ?? '',
  };
}

/** Group of each recipient of an absplit test, for conversions that name the variant. */
function testGroups(campaigns: readonly Campaign[], sends: readonly Send[]): Map<string, string> {
  const tested = new Set(campaigns.filter((campaign) => campaign.abSplit !== null).map((campaign) => campaign.id));
  const groups = new Map<string, string>();
  for (const send of sends) {
    if (tested.has(send.campaignId) && send.group !== null) groups.set(`${send.campaignId}/${send.member}`, send.group);
  }
  return groups;
}

function createProducts(seed: number, store: Store): Product[] {
  const random = createRandom(seed, 'products', store.id);
  return wares.map((title, index) => {
    const price = random.int(4, 240) * 50 - 1;
    return {
      id: `${store.id}-p${index + 1}`,
      storeId: store.id,
      title,
      type: index < 3 ? 'Plants' : 'Tools',
      sku: `SKU-${store.id}-${index + 1}`,
      price: amountOf(price),
      unitCost: amountOf(Math.round(price * (0.3 + 0.3 * random.next()))),
      createdAt: store.createdAt + index * hour,
    };
  });
}

type Desk = {
  readonly customers: Customer[];
  order(random: Random, store: Store, person: Person, campaignId: string | null, at: Seconds): void;
  finish(): Order[];
};

/** In a small world the first attributed orders are refunded, partly refunded and cancelled, so that each kind is there. */
function createDesk(seed: number, products: readonly Product[], isSmall: boolean): Desk {
  const customers = new Map<string, Customer>();
  const orders: Order[] = [];
  let attributed = 0;

  const customerOf = (random: Random, store: Store, person: Person, at: Seconds): Customer => {
    const key = `${store.id}/${person.index}`;
    const known = customers.get(key);
    if (known !== undefined && known.createdAt <= at) return known;
    const address = known?.address ?? (random.chance(0.15) ? person.address.toUpperCase() : person.address);
    const customer = {
      id: `cust-${person.index}`,
      storeId: store.id,
      personIndex: person.index,
      address,
      createdAt: at,
    };
    customers.set(key, customer);
    return customer;
  };

  const order = (random: Random, store: Store, person: Person, campaignId: string | null, at: Seconds): void => {
    const range = products.filter((product) => product.storeId === store.id);
    const lines: OrderLine[] = [];
    let goods = 0;
    let discount = 0;
    for (let count = random.int(1, 3); count > 0; count -= 1) {
      const product = random.pick(range);
      const quantity = random.chance(0.7) ? 1 : random.int(2, 5);
      const off = random.chance(0.2) ? Math.floor((centsOf(product.price) * quantity) / 10) : 0;
      goods += centsOf(product.price) * quantity;
      discount += off;
      lines.push({ productId: product.id, quantity, price: product.price, discount: amountOf(off) });
    }
    const shipping = goods > 5000 ? 0 : 490;
    const tax = store.currency === 'USD' ? Math.round((goods - discount) * 0.08875) : 0;
    const drawn = random.next();
    if (campaignId !== null) attributed += 1;
    const fate = isSmall && campaignId !== null ? ([0.01, 0.07, 0.1][attributed - 1] ?? drawn) : drawn;
    const later = (low: Seconds, high: Seconds): Seconds => at + random.int(low, high);
    const total = goods - discount + shipping + tax;
    orders.push({
      id: '',
      storeId: store.id,
      customerId: customerOf(random, store, person, at).id,
      personIndex: person.index,
      campaignId,
      placedAt: at,
      currency: store.currency,
      total: amountOf(total),
      discount: amountOf(discount),
      tax: amountOf(tax),
      shipping: amountOf(shipping),
      lines,
      refundedAt: fate < 0.06 ? later(2 * day, 40 * day) : null,
      partialRefund:
        fate >= 0.06 && fate < 0.09 ? { at: later(2 * day, 30 * day), amount: amountOf(random.int(100, total)) } : null,
      cancelledAt: fate >= 0.09 && fate < 0.13 ? later(300, 2 * day) : null,
    });
  };

  /** Numbers the orders in time order, as a shop does. */
  const finish = (): Order[] => {
    const offset = createRandom(seed, 'order numbers').int(1000, 9000);
    const sorted = orders.sort((left, right) => left.placedAt - right.placedAt || left.personIndex - right.personIndex);
    return sorted.map((placed, index) => ({ ...placed, id: `o-${offset + index}` }));
  };

  return {
    get customers() {
      return [...customers.values()].sort(
        (left, right) => left.createdAt - right.createdAt || (left.id < right.id ? -1 : 1),
      );
    },
    order,
    finish,
  };
}
