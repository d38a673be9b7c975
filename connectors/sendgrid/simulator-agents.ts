/** What the vendor makes of a user agent in its advanced statistics: coarse, and its own business. */
export type Agent = {
  readonly client: string;
  readonly kind: 'phone' | 'tablet' | 'webmail' | 'desktop';
  readonly device: 'Desktop' | 'Webmail' | 'Phone' | 'Other';
  readonly browser: string;
};

export function describeAgent(userAgent: string | null): Agent {
  const text = userAgent ?? '';
  if (text.includes('GoogleImageProxy'))
    return { client: 'Gmail', kind: 'webmail', device: 'Webmail', browser: 'Firefox' };
  if (text.includes('Outlook'))
    return { client: 'Outlook 2016', kind: 'desktop', device: 'Desktop', browser: 'Internet Explorer' };
  if (text.includes('Thunderbird'))
    return { client: 'Thunderbird', kind: 'desktop', device: 'Desktop', browser: 'Firefox' };
  if (text.includes('iPhone')) return { client: 'Apple iPhone', kind: 'phone', device: 'Phone', browser: 'Safari' };
  if (text.includes('Android')) return { client: 'Android', kind: 'phone', device: 'Phone', browser: 'Chrome' };
  if (text.includes('Macintosh'))
    return { client: 'Apple Mail', kind: 'desktop', device: 'Desktop', browser: 'Safari' };
  if (text.includes('Chrome')) return { client: 'Other', kind: 'desktop', device: 'Desktop', browser: 'Chrome' };
  return { client: 'Other', kind: 'desktop', device: 'Other', browser: 'Other' };
}

/** Mailbox provider by the address's domain. */
export function mailboxProvider(address: string): string {
  const [, domain = ''] = /@(\w+)\.example$/.exec(address) ?? [];
  return { gmail: 'Gmail', outlook: 'Microsoft', icloud: 'Apple', yahoo: 'Yahoo' }[domain] ?? 'Other';
}
