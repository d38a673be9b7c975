/** How the `file` source reads what `writeCompanyFiles` wrote under `data/`: the `files` part of its configuration. */
export const companyFileSpecs = [
  {
    path: 'data/costs.csv',
    map: [
      {
        entity: 'costs',
        key: ['cost_id'],
        fields: {
          cost_id: 'cost_id',
          campaign_account_id: 'campaign_account_id',
          campaign_id: 'campaign_id',
          variant: 'variant',
          kind: 'kind',
          amount: 'amount',
          currency_code: 'currency',
          incurred_on: 'incurred_on',
        },
      },
    ],
  },
  {
    path: 'data/conversions.csv',
    map: [
      {
        entity: 'conversions',
        key: ['conversion_id'],
        fields: {
          conversion_id: 'conversion_id',
          person: 'email',
          campaign_account_id: 'campaign_account_id',
          campaign_id: 'campaign_id',
          variant: 'variant',
          kind: 'kind',
          converted_at: 'converted_at',
          value_amount: 'value',
          currency_code: 'currency',
        },
      },
    ],
  },
  {
    path: 'data/fx_rates.csv',
    map: [
      {
        entity: 'fx_rates',
        key: ['rate_date', 'from_currency', 'to_currency'],
        fields: {
          rate_date: 'rate_date',
          from_currency: 'from_currency',
          to_currency: 'to_currency',
          rate: 'rate',
        },
      },
    ],
  },
  {
    path: 'data/other_revenue.csv',
    map: [
      {
        entity: 'other_revenue',
        key: ['revenue_id'],
        fields: {
          revenue_id: 'revenue_id',
          kind: 'kind',
          amount: 'amount',
          currency_code: 'currency',
          received_on: 'received_on',
        },
      },
    ],
  },
  {
    path: 'data/view_times.csv',
    map: [
      {
        entity: 'view_times',
        key: ['view_id'],
        fields: {
          view_id: 'view_id',
          campaign_account_id: 'campaign_account_id',
          campaign_id: 'campaign_id',
          person: 'email',
          opened_at: 'opened_at',
          seconds: 'seconds',
          view_class: 'class',
        },
      },
    ],
  },
  {
    path: 'data/replies.csv',
    map: [
      {
        entity: 'replies',
        key: ['message_id'],
        fields: {
          reply_id: 'message_id',
          campaign_account_id: 'campaign_account_id',
          campaign_id: 'campaign_id',
          person: 'email',
          replied_at: 'received_at',
          reply_class: 'class',
        },
      },
    ],
  },
  {
    path: 'data/spam_checks.csv',
    map: [
      {
        entity: 'spam_checks',
        key: ['check_id'],
        fields: {
          check_id: 'check_id',
          campaign_account_id: 'campaign_account_id',
          campaign_id: 'campaign_id',
          domain: 'domain',
          checked_on: 'day',
          tool: 'tool',
          score: 'score',
          scale_best: 'best',
          scale_worst: 'worst',
          threshold: 'threshold',
        },
      },
    ],
  },
  {
    path: 'data/seed_placements.csv',
    map: [
      {
        entity: 'seed_placements',
        key: ['test_id'],
        fields: {
          placement_id: 'test_id',
          campaign_account_id: 'campaign_account_id',
          campaign_id: 'campaign_id',
          domain: 'domain',
          checked_on: 'day',
          tool: 'tool',
          provider: 'provider',
          inbox_count: 'inbox',
          tabs_count: 'tabs',
          spam_count: 'spam',
          missing_count: 'missing',
        },
      },
    ],
  },
  {
    path: 'data/domain_reputations.csv',
    map: [
      {
        entity: 'domain_reputations',
        key: ['day', 'domain', 'provider', 'tool'],
        fields: {
          observed_on: 'day',
          domain: 'domain',
          provider: 'provider',
          tool: 'tool',
          reputation: {
            column: 'reputation',
            values: { HIGH: 'high', MEDIUM: 'medium', LOW: 'low', BAD: 'bad' },
          },
          complaint_rate: 'complaint_rate',
        },
      },
    ],
  },
] as const;
