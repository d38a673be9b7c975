import { worldStart } from './profile.ts';
import type { List, Store } from './types.ts';
import { day, hour } from './instant.ts';

/** Three audiences, each with a shop of its own currency. */
export const lists: readonly (List & { readonly share: number; readonly sources: readonly string[] })[] = [
  {
    id: 'a1b2c3d4e5',
    webId: 110_001,
    name: 'Garden newsletter',
    createdAt: worldStart + 2 * hour,
    doubleOptIn: false,
    fromName: 'Acme Garden',
    fromEmail: 'news@acme-garden.example',
    share: 0.62,
    sources: ['Hosted Signup Form', 'Embed Form', 'Website Pop-up', 'API - Generic'],
  },
  {
    id: 'b2c3d4e5f6',
    webId: 110_002,
    name: 'Shop customers',
    createdAt: worldStart + 3 * hour,
    doubleOptIn: false,
    fromName: 'Acme Shop',
    fromEmail: 'shop@acme-garden.example',
    share: 0.3,
    sources: ['Checkout', 'API - Generic', 'Embed Form'],
  },
  {
    id: 'c3d4e5f6a7',
    webId: 110_003,
    name: 'Workshops & Gärtnerei',
    createdAt: worldStart + 5 * hour,
    doubleOptIn: true,
    fromName: 'Jürgen von Acme',
    fromEmail: 'workshops@acme-garden.example',
    share: 0.2,
    sources: ['Hosted Signup Form', 'Landing Page'],
  },
];

/** CHF has no exchange rate before 2025-07-01 (books.ts): orders of that time cannot be converted. */
export const stores: readonly Store[] = [
  {
    id: 'shop-eu',
    listId: 'a1b2c3d4e5',
    name: 'Acme Garden EU',
    currency: 'EUR',
    platform: 'WooCommerce',
    domain: 'eu.acme-garden.example',
    createdAt: worldStart + day,
  },
  {
    id: 'shop-us',
    listId: 'b2c3d4e5f6',
    name: 'Acme Garden US',
    currency: 'USD',
    platform: 'Shopify',
    domain: 'us.acme-garden.example',
    createdAt: worldStart + day,
  },
  {
    id: 'shop-ch',
    listId: 'c3d4e5f6a7',
    name: 'Acme Garden Schweiz',
    currency: 'CHF',
    platform: 'Custom',
    domain: 'ch.acme-garden.example',
    createdAt: worldStart + 2 * day,
  },
];

/** Tags of contacts and how often each occurs; a mailing goes to a whole list or to one tag. */
export const tagShares: readonly { readonly tag: string; readonly share: number }[] = [
  { tag: 'weekly', share: 0.42 },
  { tag: 'sale', share: 0.28 },
  { tag: 'loyal', share: 0.12 },
];
