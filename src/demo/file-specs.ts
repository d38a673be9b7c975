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
          utm_source: 'utm_source',
          utm_medium: 'utm_medium',
          utm_campaign: 'utm_campaign',
          utm_content: 'utm_content',
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
] as const;
