import { expect, it } from 'vitest';
import type { Http } from './contract.ts';
import { attempt } from './probe.ts';
import { noDownload } from './suite/no-download.ts';

const failing: Http = { request: () => Promise.reject(new Error('refused')), download: noDownload, requests: 0 };

it('gives a failure back, and throws when the probe was ended', async () => {
  expect(await attempt({ http: failing, signal: new AbortController().signal }, '/')).toEqual(new Error('refused'));
  const ended = AbortSignal.abort(new Error('ended'));
  await expect(attempt({ http: failing, signal: ended }, '/')).rejects.toThrow('ended');
});
