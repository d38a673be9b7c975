import { centsOf } from '../../src/demo/money.ts';
import type { Customer, Order, Product, Store } from '../../src/demo/types.ts';
import { type Answer, type Body, type Call, many, notFound, timestamp } from './simulator-answer.ts';
import { mailingOf } from './simulator-reports.ts';
import type { Snapshot } from './simulator-snapshot.ts';

export function getStores(call: Call): Answer {
  return many(
    'stores',
    call.snapshot.world.stores,
    (store) => storeBody(call.snapshot, store),
    (row) => `/ecommerce/stores/${String(row['id'])}`,
  );
}

function storeOf(call: Call): Store {
  const store = call.snapshot.world.stores.find((candidate) => candidate.id === call.path['store_id']);
  if (store === undefined) throw notFound();
  return store;
}

function storeBody(snapshot: Snapshot, store: Store): Body {
  return {
    id: store.id,
    list_id: store.listId,
    name: store.name,
    platform: store.platform,
    domain: store.domain,
    is_syncing: false,
    email_address: `orders@${store.domain}`,
    currency_code: store.currency,
    money_format: store.currency,
    primary_locale: 'de',
    timezone: snapshot.world.company.timeZone,
    phone: '',
    address: {
      address1: 'Hafenstr. 1',
      address2: '',
      city: 'Hamburg',
      province: '',
      province_code: '',
      postal_code: '20457',
      country: 'Germany',
      country_code: 'DE',
    },
    list_is_active: true,
    created_at: timestamp(store.createdAt),
    updated_at: timestamp(store.createdAt),
  };
}

/** Orders have no filter by date, here or at the vendor. */
export function getStoreOrders(call: Call): Answer {
  const store = storeOf(call);
  return ordersAnswer(call, (order) => order.storeId === store.id, { store_id: store.id });
}

export function getOrders(call: Call): Answer {
  return ordersAnswer(call, () => true);
}

function ordersAnswer(call: Call, isIn: (order: Order) => boolean, beside?: Body): Answer {
  const { snapshot, query } = call;
  const orders = snapshot.world.orders.filter((order) => {
    if (!isIn(order)) return false;
    if (query['campaign_id'] !== undefined && order.campaignId !== query['campaign_id']) return false;
    if (query['outreach_id'] !== undefined && order.campaignId !== query['outreach_id']) return false;
    if (query['customer_id'] !== undefined && order.customerId !== query['customer_id']) return false;
    return query['has_outreach'] === undefined || (order.campaignId !== null) === (query['has_outreach'] === 'true');
  });
  const self = (row: Body): string => `/ecommerce/stores/${String(row['store_id'])}/orders/${String(row['id'])}`;
  return many('orders', orders, (order) => orderBody(snapshot, order), self, beside);
}

function orderBody(snapshot: Snapshot, order: Order): Body {
  const customer = customersByKey(snapshot).get(`${order.storeId}/${order.customerId}`);
  const campaign = order.campaignId === null ? undefined : snapshot.campaign(order.campaignId);
  if (customer === undefined) throw new Error(`order ${order.id} has no customer`);
  return {
    id: order.id,
    customer: customerBody(snapshot, customer),
    store_id: order.storeId,
    campaign_id: order.campaignId ?? '',
    landing_site: '',
    financial_status: financialStatus(order),
    fulfillment_status: order.cancelledAt === null ? 'shipped' : '',
    currency_code: order.currency,
    order_total: Number(order.total),
    order_url: `https://shop.acme-garden.example/orders/${order.id}`,
    discount_total: Number(order.discount),
    tax_total: Number(order.tax),
    shipping_total: Number(order.shipping),
    processed_at_foreign: timestamp(order.placedAt),
    cancelled_at_foreign: timestamp(order.cancelledAt),
    updated_at_foreign: timestamp(updatedAt(order)),
    promos: [],
    lines: order.lines.map((line, index) => ({
      id: `${order.id}-${index + 1}`,
      product_id: line.productId,
      product_title: productsById(snapshot).get(line.productId)?.title ?? '',
      product_variant_id: line.productId,
      product_variant_title: '',
      image_url: '',
      quantity: line.quantity,
      price: Number(line.price),
      discount: Number(line.discount),
    })),
    ...(campaign === undefined
      ? {}
      : {
          outreach: {
            id: campaign.id,
            name: campaign.title,
            type: 'email',
            published_time: timestamp(campaign.sentAt),
          },
        }),
    tracking_number: '',
    tracking_carrier: '',
    tracking_url: '',
  };
}

/** The vendor shows that a part was paid back, not how much. */
function financialStatus(order: Order): string {
  if (order.cancelledAt !== null) return 'cancelled';
  if (order.refundedAt !== null) return 'refunded';
  return order.partialRefund === null ? 'paid' : 'partially_refunded';
}

function updatedAt(order: Order): number {
  return Math.max(order.placedAt, order.refundedAt ?? 0, order.cancelledAt ?? 0, order.partialRefund?.at ?? 0);
}

export function getCustomers(call: Call): Answer {
  const { snapshot, query } = call;
  const store = storeOf(call);
  const email = query['email_address']?.toLowerCase();
  const customers = snapshot.world.customers.filter(
    (customer) => customer.storeId === store.id && (email === undefined || customer.address.toLowerCase() === email),
  );
  const self = (row: Body): string => `/ecommerce/stores/${store.id}/customers/${String(row['id'])}`;
  return many('customers', customers, (customer) => customerBody(snapshot, customer), self, { store_id: store.id });
}

function customerBody(snapshot: Snapshot, customer: Customer): Body {
  const orders = ordersByCustomer(snapshot).get(`${customer.storeId}/${customer.id}`) ?? [];
  const live = orders.filter((order) => order.cancelledAt === null);
  const person = snapshot.world.people[customer.personIndex];
  return {
    id: customer.id,
    email_address: customer.address,
    opt_in_status: false,
    company: '',
    first_name: person?.firstName ?? '',
    last_name: person?.lastName ?? '',
    orders_count: live.length,
    total_spent: live.reduce((cents, order) => cents + centsOf(order.total), 0) / 100,
    address: {
      address1: '',
      address2: '',
      city: '',
      province: '',
      province_code: '',
      postal_code: '',
      country: '',
      country_code: person?.countryCode ?? '',
    },
    created_at: timestamp(customer.createdAt),
    updated_at: timestamp(orders.reduce((last, order) => Math.max(last, updatedAt(order)), customer.createdAt)),
  };
}

export function getProducts(call: Call): Answer {
  const store = storeOf(call);
  const products = call.snapshot.world.products.filter((product) => product.storeId === store.id);
  const self = (row: Body): string => `/ecommerce/stores/${store.id}/products/${String(row['id'])}`;
  return many('products', products, (product) => productBody(store, product), self, { store_id: store.id });
}

function productBody(store: Store, product: Product): Body {
  const at = timestamp(product.createdAt);
  const url = `https://${store.domain}/p/${product.id}`;
  const variant = {
    id: product.id,
    title: product.title,
    url,
    sku: product.sku,
    price: Number(product.price),
    inventory_quantity: 100,
  };
  return {
    id: product.id,
    currency_code: store.currency,
    title: product.title,
    handle: product.id,
    url,
    description: '',
    type: product.type,
    vendor: 'Acme',
    image_url: '',
    variants: [{ ...variant, image_url: '', backorders: '', visibility: 'visible', created_at: at, updated_at: at }],
    images: [],
    published_at_foreign: at,
  };
}

/** What was bought through a campaign, by product. */
export function getProductActivity(call: Call): Answer {
  const mailing = mailingOf(call);
  const sold = new Map<string, { cents: number; pieces: number }>();
  for (const order of mailing.orders) {
    if (order.cancelledAt !== null) continue;
    for (const line of order.lines) {
      const row = sold.get(line.productId) ?? { cents: 0, pieces: 0 };
      sold.set(line.productId, {
        cents: row.cents + centsOf(line.price) * line.quantity - centsOf(line.discount),
        pieces: row.pieces + line.quantity,
      });
    }
  }
  const rows = [...sold].flatMap(([id, row]) => {
    const product = productsById(call.snapshot).get(id);
    return product === undefined ? [] : [{ product, ...row }];
  });
  const field = call.query['sort_field'];
  if (field === 'total_revenue') rows.sort((left, right) => right.cents - left.cents);
  if (field === 'total_purchased') rows.sort((left, right) => right.pieces - left.pieces);
  if (field === 'title') rows.sort((left, right) => (left.product.title < right.product.title ? -1 : 1));
  const currency = mailing.orders[0]?.currency ?? '';
  return many(
    'products',
    rows,
    ({ product, cents, pieces }) => ({
      title: product.title,
      sku: product.sku,
      image_url: '',
      total_revenue: cents / 100,
      total_purchased: pieces,
      currency_code: currency,
      recommendation_total: 0,
      recommendation_purchased: 0,
    }),
    null,
  );
}

function customersByKey(snapshot: Snapshot): ReadonlyMap<string, Customer> {
  return snapshot.memo(
    'customers',
    () => new Map(snapshot.world.customers.map((customer) => [`${customer.storeId}/${customer.id}`, customer])),
  );
}

function ordersByCustomer(snapshot: Snapshot): ReadonlyMap<string, readonly Order[]> {
  return snapshot.memo('orders by customer', () =>
    Map.groupBy(snapshot.world.orders, (order) => `${order.storeId}/${order.customerId}`),
  );
}

function productsById(snapshot: Snapshot): ReadonlyMap<string, Product> {
  return snapshot.memo('products', () => new Map(snapshot.world.products.map((product) => [product.id, product])));
}
