/** One thing that the connector uses and the kept description (specs/mailchimp.json, 3.0.55, a subset) does not know. */
export type BeyondSpec = {
  readonly kind: 'path' | 'parameter' | 'field';
  /** Path template of the description, `/reports/{campaign_id}`. */
  readonly path: string;
  /** Query parameter, or field of the answer as a dot path with `[]` for elements; empty for a path. */
  readonly name: string;
  /** JSON Schema type of a field or parameter. */
  readonly type?: 'integer' | 'number' | 'boolean' | 'string' | 'array';
  /** Where it is stated. */
  readonly source: string;
};

const reportsLine =
  'esp/mailchimp.md §3, `GET /reports` …: "opens {…, and newer proxy_excluded_opens, proxy_excluded_unique_opens, proxy_excluded_open_rate}"';
const openDetailsLine =
  'esp/mailchimp.md §3, `GET /reports/{id}/open-details`: "proxy_excluded_opens_count i, opens[] {timestamp t, is_proxy_open b}; total_opens, total_proxy_excluded_opens"';
const contentLine =
  'issue 3, item 4 ("campaigns (with variate/A-B settings and content)"); @mailchimp/mailchimp_marketing 3.0.80 CampaignsApi.getContent; the subset left this operation out';

const filterBotsLine =
  'esp/mailchimp.md §3: "`GET /reports/{id}/email-activity` ?since, filter_bots", "`GET /reports/{id}/open-details` ?since, filter_bots", "`GET /reports/{id}/click-details` ?filter_bots"';

const filterBots = (path: string): BeyondSpec => ({
  kind: 'parameter',
  path,
  name: 'filter_bots',
  type: 'boolean',
  source: filterBotsLine,
});

const proxyExcluded = (path: string): readonly BeyondSpec[] => [
  { kind: 'field', path, name: 'reports[].opens.proxy_excluded_opens', type: 'integer', source: reportsLine },
  { kind: 'field', path, name: 'reports[].opens.proxy_excluded_unique_opens', type: 'integer', source: reportsLine },
  { kind: 'field', path, name: 'reports[].opens.proxy_excluded_open_rate', type: 'number', source: reportsLine },
];

const openDetails = '/reports/{campaign_id}/open-details';
const openDetailsMember = '/reports/{campaign_id}/open-details/{subscriber_hash}';
const report = '/reports/{campaign_id}';
const content = '/campaigns/{campaign_id}/content';

/** The one allow-list against which requests and simulated answers are checked beside the description. */
export const beyondSpec: readonly BeyondSpec[] = [
  ...proxyExcluded('/reports'),
  ...proxyExcluded('/reports/{campaign_id}/sub-reports'),
  {
    kind: 'field',
    path: openDetails,
    name: 'members[].opens[].is_proxy_open',
    type: 'boolean',
    source: openDetailsLine,
  },
  {
    kind: 'field',
    path: openDetails,
    name: 'members[].proxy_excluded_opens_count',
    type: 'integer',
    source: openDetailsLine,
  },
  { kind: 'field', path: openDetails, name: 'total_proxy_excluded_opens', type: 'integer', source: openDetailsLine },
  { kind: 'field', path: report, name: 'opens.proxy_excluded_opens', type: 'integer', source: reportsLine },
  { kind: 'field', path: report, name: 'opens.proxy_excluded_unique_opens', type: 'integer', source: reportsLine },
  { kind: 'field', path: report, name: 'opens.proxy_excluded_open_rate', type: 'number', source: reportsLine },
  { kind: 'field', path: openDetailsMember, name: 'opens[].is_proxy_open', type: 'boolean', source: openDetailsLine },
  {
    kind: 'field',
    path: openDetailsMember,
    name: 'proxy_excluded_opens_count',
    type: 'integer',
    source: openDetailsLine,
  },
  filterBots('/reports/{campaign_id}/email-activity'),
  filterBots(openDetails),
  filterBots('/reports/{campaign_id}/click-details'),
  { kind: 'path', path: content, name: '', source: contentLine },
  { kind: 'parameter', path: content, name: 'exclude_fields', type: 'array', source: contentLine },
  { kind: 'parameter', path: content, name: 'fields', type: 'array', source: contentLine },
  { kind: 'field', path: content, name: 'archive_html', type: 'string', source: contentLine },
  { kind: 'field', path: content, name: 'html', type: 'string', source: contentLine },
  { kind: 'field', path: content, name: 'plain_text', type: 'string', source: contentLine },
  { kind: 'field', path: content, name: 'variate_contents', type: 'array', source: contentLine },
];
