import { hash } from 'node:crypto';
import { parentPort, workerData } from 'node:worker_threads';
import { followsHeaders } from '../connectors/_kit/account-budget.ts';
import type { Budget, Limit } from '../connectors/_kit/budget.ts';
import { createHttp } from '../connectors/_kit/http.ts';
import { connectors } from '../connectors/index.ts';
import { openInbox } from '../src/inbox/reader.ts';
import { openLanding } from '../src/landing/open.ts';
import { registerSecrets } from './account.ts';
import { aheadOf, readSliceToLanding } from './read-slice.ts';
import {
  openPages,
  plainFailure,
  type FromThread,
  type ThreadJob,
  type ThreadPlaces,
  type ToThread,
} from './reader-messages.ts';
import { RemoteLanes } from './remote-lanes.ts';

// A thread that reads slices: requests, unpacking, JSON, the checks at the edge, and the parts. Lanes are the main thread's
// to give, because all threads draw on one account's budget.

const port = parentPort!;
const { landing: landingConfig, projectDir } = workerData as ThreadPlaces;
const landing = await openLanding(landingConfig);
const jobs = new Map<number, AbortController>();

const say = (message: FromThread): void => port.postMessage(message);

const lanes = new RemoteLanes(say);

async function read(id: number, { job, connector: name, config, salt }: ThreadJob): Promise<void> {
  const stop = new AbortController();
  jobs.set(id, stop);
  const connector = connectors[name];
  try {
    if (connector === undefined) throw new Error(`The thread knows no connector ${name}`);
    registerSecrets(connector, config, salt);
    const { priority } = job;
    const account = hash('sha256', JSON.stringify([name, config]));
    const lanesOf = (key: string, { rps }: Limit): Budget =>
      lanes.budget({ id, account, key, isPaced: rps !== undefined || followsHeaders(connector, key) });
    const pages = lanes.budget({ id, account, key: openPages, isPaced: false });
    const result = await readSliceToLanding(job, {
      connector,
      config,
      salt,
      landing,
      inbox: openInbox(projectDir, job.key.accountId),
      signal: stop.signal,
      http: createHttp(connector, config, {
        priority,
        budget: lanesOf,
        onWait: (ms) =>
          say({
            kind: 'log',
            fields: { connector: name, waitMs: Math.round(ms) },
            message: 'waits before it asks again',
          }),
      }),
      ahead: aheadOf(connector, pages, priority),
      logger: { info: (fields, message) => say({ kind: 'log', fields, message }) },
      onPage: (page) => say({ kind: 'page', id, page }),
    });
    say({ kind: 'done', id, result });
  } catch (error) {
    say({ kind: 'failed', id, failure: plainFailure(error) });
  } finally {
    jobs.delete(id);
  }
}

port.on('message', (message: ToThread) => {
  switch (message.kind) {
    case 'read':
      void read(message.id, message.job);
      break;
    case 'abort':
      jobs.get(message.id)?.abort(new Error('the slice is no longer wanted'));
      break;
    case 'granted':
      lanes.granted(message.lane);
      break;
  }
});
