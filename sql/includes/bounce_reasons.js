/**
 * Why a mail bounced, in seven words. A server says it in its own words, which may hold the address: they are read here, in
 * staging, and go no further. The rules are data, in order: the first that holds decides. Codes are those of RFC 3463.
 */
const dialect = require('./dialect');

const code = (digits) => `(^|[^0-9.])[45]\\.${digits}([^0-9]|$)`;

const words = ['unknown_user', 'mailbox_full', 'blocked', 'content', 'dns', 'timeout', 'other'];

/** What SendGrid makes of millions of such texts; its other classes (mailbox unavailable, technical failure) say less than the text. */
const classes = {
  'invalid address': 'unknown_user',
  content: 'content',
  reputation: 'blocked',
  'frequency or volume too high': 'blocked',
};

const patterns = [
  [
    'mailbox_full',
    `mailbox (is |was )?(over|full)|(over|exceed\\w*)( \\w+){0,3} (quota|storage)|overquota|quota (is )?(exceeded|full)|` +
      `out of storage|${code('2\\.2')}`,
  ],
  [
    'dns',
    `nxdomain|\\bdns\\b|\\bmx\\b|unknown host|host(name)? (is )?(unknown|not found)|` +
      `domain( name)? (is )?(unknown|not found|does not exist|invalid)|${code('(1\\.(2|10)|4\\.[34])')}`,
  ],
  ['timeout', `time(d)?[ -]?out|no answer|connection (was )?(refused|reset|lost)|unreachable|${code('4\\.[1257]')}`],
  [
    'content',
    `virus|attachment|(message|mail) (is )?too (large|big)|(size|length) (limit|exceed)|spam(my)? content|` +
      `content (was |is )?(rejected|blocked|refused|not allowed)|${code('(2\\.3|3\\.4|6\\.\\d+)')}`,
  ],
  [
    'blocked',
    `block(ed|ing|list)|black-?list|deny ?list|\\brbl\\b|dnsbl|spamhaus|reputation|polic(y|ies)|rate limit|too many|` +
      `gr[ae]y-?list|dmarc|dkim|\\bspf\\b|access denied|${code('7\\.\\d+')}`,
  ],
  [
    'unknown_user',
    `unknown (user|recipient|address|mailbox)|(user|recipient|address|mailbox|account) (is |was )?` +
      `(unknown|not found|invalid|inactive|disabled|closed|suspended|unavailable)|no such|does(n.t| not) exist|no mailbox|` +
      `(invalid|bad) (user|recipient|address|mailbox)|${code('(1\\.\\d+|2\\.1)')}`,
  ],
];

/**
 * SQL text: the reason, from what a source states of a bounce (SQL texts, each may be NULL): a class of its own, a code, a
 * server's words. NULL when it states nothing.
 */
const of = ({ classification = "''", status = "''", text }) => {
  const stated = `(coalesce(${status}, '') || ' ' || coalesce(${text}, ''))`;
  const plain = `lower(${dialect.regexpRemove(stated, '\\S+@\\S+')})`;
  const listed = words.map(dialect.literal).join(', ');
  return `case
        when coalesce(${classification}, '') || ${stated} = ' ' then null
        when lower(trim(${text})) in (${listed}) then lower(trim(${text}))
        ${Object.entries(classes)
          .map(([name, word]) => `when lower(${classification}) = '${name}' then '${word}'`)
          .join('\n        ')}
        ${patterns
          .map(([word, pattern]) => `when ${dialect.regexpContains(plain, dialect.literal(pattern))} then '${word}'`)
          .join('\n        ')}
        else 'other'
    end`;
};

const inOrder = words.toSorted();

/**
 * SQL text: the first by the alphabet of the reasons `column` (of `of`) where a condition holds; NULL when there is none. Of large
 * groups: what `min` needs for texts is as much as for all other sums of a group together.
 */
const firstWhere = (condition, column) => {
  const cases = (pairs) => pairs.map(([from, to]) => ` when ${from} then ${to}`).join('');
  const numbers = cases(inOrder.map((word, number) => [dialect.literal(word), number]));
  const names = cases(inOrder.map((word, number) => [number, dialect.literal(word)]));
  return `case min(case when ${condition} then case ${column}${numbers} end end)${names} end`;
};

module.exports = { firstWhere, of };
