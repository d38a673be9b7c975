import { expect, test } from 'vitest';
import type { Row } from '../../contracts/sync.ts';
import { joined, texts, withPublished } from '../context.fixture.ts';
import { bounceFigures, complaintFigures } from './deliverability.ts';

const counts =
  'sent_count delivered_count bounce_count hard_bounce_count soft_bounce_count complaint_count unknown_user_bounce_count mailbox_full_bounce_count blocked_bounce_count content_bounce_count dns_bounce_count timeout_bounce_count other_bounce_count unstated_bounce_count seed_count'.split(
    ' ',
  );

test('a day whose bounces or complaints nobody tells is in no share: its mails would count as delivered without any', async () => {
  const row = (day: string, known: Row): Row => ({
    day,
    recipient_domain: 'unknown',
    unavailable_reason: null,
    ...Object.fromEntries(counts.map((column) => [column, 0])),
    seed_count: null,
    ...known,
  });
  const rows = [
    row('2026-06-01', { sent_count: 100, delivered_count: 80, bounce_count: 20, complaint_count: 8 }),
    row('2026-06-02', { sent_count: 900, delivered_count: 900, bounce_count: null, complaint_count: null }),
    row('2026-06-03', { sent_count: 500, delivered_count: null, bounce_count: null, complaint_count: 5 }),
  ];
  const html = await withPublished(
    [
      {
        name: 'marts.deliverability_daily',
        columns: [
          ...texts('recipient_domain', 'reputation', 'unavailable_reason'),
          { name: 'day', type: 'date' },
          ...counts.map((name) => ({ name, type: 'int' as const })),
          { name: 'provider_complaint_rate', type: 'double' },
          { name: 'inbox_placement_rate', type: 'double' },
        ],
        rows,
      },
    ],
    async (context) => joined([...(await bounceFigures(context)), ...(await complaintFigures(context))]),
    'en',
    { period: { from: '2026-04-02', to: '2026-06-30' } },
  );
  expect(html).toContain('turns away most with 20.0%');
  expect(html).toContain('complain most with 10.0%');
  // 13 of the 600 sent.
  expect(html).toMatch(/>\s*2\.17%\s*</);
});
