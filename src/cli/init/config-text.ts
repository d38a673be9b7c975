import type { CompanyAnswers } from '../commands/init-answers.ts';

const head = `# yaml-language-server: $schema=.mailmart/config.schema.json
# mailmart project. Every key: mailmart schema. Check it: mailmart check.
`;

const rest = `
# Goals of campaigns, by name. No e-mail service has them, so they are yours; a later rule wins over an earlier one.
# campaigns:
#   - { match: "^Launch", goal: customer_acquisition, conversion_value: 12.50 }
#   - { match: "^News", goal: customer_marketing }

# Which campaign gets an order that names none, and what e-mails cost beside the costs in files: docs/how-to/attribution-and-costs.md.
# attribution: { model: last_click, window: P5D }
# costs:
#   rules:
#     - { kind: esp_fee, amount: 199, per: month }
#     - { kind: staff, amount: 45, hours: 3.5, per: campaign } # hours × rate

# When \`mailmart worker\` runs the pipeline by itself: a cron expression, or an interval (every: PT6H).
# schedule: { cron: "0 6 * * *" }
`;

/** A new mailmart.yaml without sources; comments say what can be added. */
export function newConfig(company: CompanyAnswers): string {
  return `${head}
# Whose numbers these are. A day in every table starts at midnight in this zone; amounts are converted to this currency.
company: { name: ${JSON.stringify(company.name)}, time_zone: ${company.timeZone}, currency: ${company.currency} }

# Where the tables live: one DuckDB file on this machine.
warehouse: { engine: duckdb, path: .mailmart/warehouse.duckdb }

# Accounts and files to read. Keys are named here, never written: \${env:NAME} or \${file:path}.
sources: []
${rest}`;
}

/** A complete example: \`mailmart init --print\`. */
export function exampleConfig(): string {
  return `${head}
# Whose numbers these are. A day in every table starts at midnight in this zone; amounts are converted to this currency.
company: { name: Acme, time_zone: Europe/Berlin, currency: EUR }

# Where the tables live: one DuckDB file on this machine.
warehouse: { engine: duckdb, path: .mailmart/warehouse.duckdb }

# Accounts and files to read. Keys are named here, never written: \${env:NAME} or \${file:path}.
sources:
  - id: shop-newsletter # your name of the account: account_id in every table
    type: mailchimp
    credentials: { api_key: "\${env:MAILCHIMP_API_KEY}" }
    # base_url: https://us1.api.mailchimp.com/3.0 # default: the data centre at the end of the key
    start_date: 2025-01-01 # default: everything the source still has
    streams: all # or a list: [campaigns, reports, sent_to]; see mailmart discover
    mutable_window: P35D # how long after its send a campaign is re-read when its report moves

  - id: books
    type: file
    files:
      - path: data/costs-*.csv
        map:
          - entity: costs
            key: [cost_id]
            fields:
              campaign_id: campaign
              kind: kind
              amount: amount
              currency_code: { const: EUR }
              incurred_on: { column: date, format: dd.MM.yyyy }

# Goals of campaigns, by name; a later rule wins over an earlier one.
campaigns:
  - { match: "^Launch", goal: customer_acquisition, conversion_value: 12.50 }
  - { match: "^News", goal: customer_marketing }

# Which campaign gets an order that names none: the last e-mail clicked in five days. docs/how-to/attribution-and-costs.md
attribution: { model: last_click, window: P5D }

# What e-mails cost, beside the costs in files.
costs:
  rules:
    - { kind: esp_fee, amount: 199, per: month }
    - { kind: staff, amount: 45, hours: 3.5, per: campaign } # hours × rate

# When \`mailmart worker\` runs the pipeline by itself: a cron expression, or an interval (every: PT6H).
schedule: { cron: "0 6 * * *", time_zone: Europe/Berlin }

report: { path: report/index.html }
`;
}
