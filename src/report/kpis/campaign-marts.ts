import type { Reader } from '../reader.ts';

/** Marts with one row a campaign, by their alias in a join; the first has every campaign. */
const aliases = { campaign_performance: 'p', campaign_profit: 'f', view_time: 'v', reply_performance: 'r' } as const;

export type CampaignMart = keyof typeof aliases;

export function isCampaignMart(mart: string): mart is CampaignMart {
  return Object.hasOwn(aliases, mart);
}

/** Those that are published; the join is of these. */
export function presentMarts(reader: Reader): readonly CampaignMart[] {
  return Object.keys(aliases).filter(
    (mart): mart is CampaignMart => isCampaignMart(mart) && reader.has(`marts.${mart}`),
  );
}

export function campaignJoin(reader: Reader): string {
  const [, ...others] = presentMarts(reader);
  return ['marts.campaign_performance as p', ...others.map(joined)].join(' ');
}

function joined(mart: CampaignMart): string {
  const alias = aliases[mart];
  return `left join marts.${mart} as ${alias}
    on ${alias}.source = p.source and ${alias}.account_id = p.account_id and ${alias}.campaign_id = p.campaign_id`;
}

export function aliasOf(mart: CampaignMart): string {
  return aliases[mart];
}

const names = /^(?:[a-z][a-z0-9_]*\.)?[a-z][a-z0-9_]*$/;

/** The columns that an expression of the catalog adds and subtracts, with the mart of each. */
export function columnsOf(
  text: string,
  mart: string,
): readonly { readonly sign: '+' | '-'; readonly mart: string; readonly column: string }[] {
  let sign: '+' | '-' = '+';
  return text.split(/\s+/).flatMap((token) => {
    if (token === '+' || token === '-') {
      sign = token;
      return [];
    }
    if (!names.test(token)) throw new Error(`sql/includes/metrics.yaml: ${text} is not an expression of columns`);
    const [table, column] = token.includes('.') ? token.split('.') : [mart, token];
    return { sign, mart: table ?? mart, column: column ?? token };
  });
}

/** The catalog's expression (columns with + and −) with each column under its table's alias. */
export function expression(text: string, mart: CampaignMart): string {
  return columnsOf(text, mart)
    .map(({ sign, mart: table, column }, index) => {
      const alias = isCampaignMart(table) ? aliases[table] : aliases[mart];
      return `${index === 0 && sign === '+' ? '' : ` ${sign} `}${alias}.${column}`;
    })
    .join('');
}
