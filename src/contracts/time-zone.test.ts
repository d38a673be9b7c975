import { expect, test } from 'vitest';
import { isTimeZone } from './time-zone.ts';

test.each([
  'UTC',
  'GMT',
  'Europe/Berlin',
  'Asia/Ho_Chi_Minh',
  'Asia/Kolkata',
  'America/Port-au-Prince',
  'Etc/GMT+5',
  'US/Pacific',
])('%s says where', (name) => expect(isTimeZone(name)).toBe(true));

test.each([
  '',
  'utc',
  'Z',
  'BST',
  'PST',
  'EST',
  'CET',
  'EST5EDT',
  'Japan',
  '+02:00',
  'europe/berlin',
  'Europe/Berln',
  'America/New_york',
  'UTC/X',
])('%s does not, or not everywhere', (name) => expect(isTimeZone(name)).toBe(false));
