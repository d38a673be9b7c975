import { expect, test } from 'vitest';
import { BigqueryFailure, isNotFound, ownRefusal, refusalOf } from './errors.ts';

// Status, reason and words as Google documents them (error-messages, troubleshoot-quotas) or as threads about BigQuery quote them.

const quota = (what: string) =>
  `Quota exceeded: Your ${what}. For more information, see https://cloud.google.com/bigquery/docs/troubleshoot-quotas`;

test.for([
  // Passing: tried again.
  [503, 'backendError', 'Error encountered during execution. Retrying may solve the problem.', 'transient'],
  [500, 'internalError', 'An internal error occurred and the request could not be completed.', 'transient'],
  [502, '', '<html>Bad Gateway</html>', 'transient'],
  [429, '', 'Too Many Requests', 'transient'],
  [0, 'ECONNRESET', 'socket hang up', 'transient'],
  [200, 'backendError', 'Backend error. Please try again.', 'transient'],
  [200, 'jobBackendError', 'The job failed during execution.', 'transient'],
  [403, 'rateLimitExceeded', 'Exceeded rate limits: too many table update operations for this table.', 'transient'],
  [403, 'jobRateLimitExceeded', 'Exceeded rate limits', 'transient'],
  [403, 'quotaExceeded', quota('project exceeded quota for concurrent queries'), 'transient'],
  [
    403,
    'quotaExceeded',
    quota('user_method exceeded quota for concurrent api requests per user per method'),
    'transient',
  ],
  [
    200,
    'invalidQuery',
    'Query error: Transaction is aborted due to concurrent update against table p:raw.t. Transaction ID: 61e3 at [24:9]',
    'transient',
  ],
  [400, 'invalidQuery', 'Could not serialize access to table p:raw.t due to concurrent update', 'transient'],
  [
    200,
    'resourcesExceeded',
    'Resources exceeded during query execution: Too many DML statements outstanding against table p:raw.t, limit is 20.',
    'transient',
  ],
  // The day's quotas: hours to wait.
  [403, 'quotaExceeded', quota('table exceeded quota for imports or query appends per table'), 'quota'],
  [200, 'quotaExceeded', quota('table exceeded quota for imports or query appends per table'), 'quota'],
  [
    403,
    'quotaExceeded',
    quota('table exceeded quota for Number of partition modifications to a column partitioned table'),
    'quota',
  ],
  [403, 'quotaExceeded', quota('project exceeded quota for free query bytes scanned'), 'quota'],
  // Money.
  [
    200,
    'bytesBilledLimitExceeded',
    'Query exceeded limit for bytes billed: 1000000. 20971520 or higher required.',
    'over_budget',
  ],
  [
    500,
    'bytesBilledLimitExceeded',
    'Query exceeded limit for bytes billed: 1000000. 20971520 or higher required.',
    'over_budget',
  ],
  // Persons.
  [403, 'accessDenied', 'Access Denied: Dataset p:raw: Permission bigquery.tables.create denied', 'denied'],
  [401, 'authError', 'Invalid Credentials', 'denied'],
  [403, 'billingNotEnabled', 'Billing has not been enabled for this project.', 'denied'],
  // Removed from outside.
  [404, 'notFound', 'Not found: Table p:raw.t', 'drift'],
  [200, 'notFound', 'Not found: Table p:raw.t was not found in location EU', 'drift'],
  // Ours.
  [
    400,
    'invalidQuery',
    "Cannot query over table 'raw.t' without a filter over column(s) '_partition_date' that can be used for partition elimination",
    'rejected',
  ],
  [
    200,
    'invalid',
    'Error while reading data, error message: JSON table encountered too many errors, giving up.',
    'rejected',
  ],
  [
    200,
    'resourcesExceeded',
    'Resources exceeded during query execution: The query could not be executed in the allotted memory.',
    'rejected',
  ],
  [200, 'jobInternalError', 'failed to scan rows: mailmart: fenced', 'rejected'],
] as const)('%i %s %s is %s', ([status, reason, message, kind]) => {
  const failure = new BigqueryFailure('Load', { status, reason, message });
  expect(failure.kind).toBe(kind);
  expect(isNotFound(failure)).toBe(kind === 'drift');
});

test('the client’s error is read: status, reason and words; a failure without an answer has none', () => {
  const answer = {
    code: 409,
    message: 'Already Exists',
    errors: [{ reason: 'duplicate', message: 'Already Exists: Job p:EU.x' }],
  };
  expect(refusalOf(Object.assign(new Error('Already Exists'), answer))).toEqual({
    status: 409,
    reason: 'duplicate',
    message: 'Already Exists: Job p:EU.x',
  });
  expect(refusalOf(Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' }))).toEqual({
    status: 0,
    reason: 'ECONNREFUSED',
    message: 'connect ECONNREFUSED',
  });
});

test('our own statements’ refusals are told apart', () => {
  const refused = new BigqueryFailure('Merge', {
    status: 200,
    reason: 'invalidQuery',
    message: 'mailmart: moved at [3:10]',
  });
  expect(ownRefusal(refused)).toBe('moved');
  expect(ownRefusal(new Error('mailmart: moved'))).toBeUndefined();
});

test.for([
  'Could not cast literal "jane.doe+list@mail.example.org" to type INT64 at [1:8]',
  'Bad value <jane.doe@example.org>; expected a date',
  "Invalid date: 'JANE.DOE@EXAMPLE.ORG'",
])('an address in %s is left out', (message) => {
  const failure = new BigqueryFailure('Merge', { status: 400, reason: 'invalidQuery', message });
  expect(failure.message).toContain('<address>');
  expect(failure.message.toLowerCase()).not.toMatch(/jane|example/);
});

test('an account that lacks a permission is named', () => {
  const message = 'Permission denied for mailmart@project.iam.gserviceaccount.com';
  expect(new BigqueryFailure('Load', { status: 403, reason: 'accessDenied', message }).message).toContain(
    'mailmart@project',
  );
});
