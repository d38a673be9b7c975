export type Device = 'mobile' | 'tablet' | 'desktop' | 'unknown';

/** What one rule says of the user agents that it matches; what it leaves out, the library reads from the agent. */
export type AgentRule = {
  readonly match: RegExp;
  /** Kept beside each event that it decides, as `machine_rule`. */
  readonly rule: string;
  readonly client: string;
  readonly device?: Device;
  readonly os?: string;
  /** Fetched by a server in the reader's place, so that device and system are those of the server. */
  readonly isProxy?: true;
  readonly isMachine?: true;
};

/** That an agent is an ordinary program of a person. */
export const ordinary = 'user_agent';
export const scanner = 'scanner_agent';

const hidden = { device: 'unknown', os: 'unknown', isProxy: true } as const;
const desktop = { rule: ordinary, device: 'desktop' } as const;
const mobile = { rule: ordinary, device: 'mobile' } as const;

/**
 * What libraries for web sites do not know: mail programs, their proxies, and gateways that open mail before its reader. The
 * first that matches decides. Gmail's and Yahoo's proxies fetch a picture when a person opens the mail; Apple's fetches all of
 * them when the mail arrives, and so does Gmail's prefetch, whose agent is one text that no browser has.
 */
export const agentRules: readonly AgentRule[] = [
  { match: /^Mozilla\/5\.0$/, rule: 'apple_mail_proxy', client: 'Apple Mail', isMachine: true, ...hidden },
  { match: /GoogleImageProxy/, rule: 'gmail_image_proxy', client: 'Gmail', ...hidden },
  {
    match: /Chrome\/42\.0\.2311\.135 Safari\/537\.36 Edge\/12\.246 Mozilla\/5\.0$/,
    rule: 'gmail_prefetch',
    client: 'Gmail',
    isMachine: true,
    ...hidden,
  },
  { match: /YahooMailProxy/, rule: 'yahoo_image_proxy', client: 'Yahoo Mail', ...hidden },
  {
    match:
      /barracuda|proofpoint|mimecast|messagelabs|ironport|fireeye|trendmicro|forcepoint|bitdefender|mailscanner|safelinks|urldefense|mailguard/i,
    rule: scanner,
    client: 'unknown',
    device: 'unknown',
    os: 'unknown',
    isMachine: true,
  },
  { match: /Outlook-(iOS|Android)|OutlookMobile/, rule: ordinary, client: 'Outlook mobile' },
  { match: /MacOutlook/, client: 'Outlook', os: 'macOS', ...desktop },
  { match: /Microsoft Outlook|ms-office|MSOffice|Microsoft Office/, client: 'Outlook', os: 'Windows', ...desktop },
  { match: /WindowsMail|Windows-Live-Mail|Windows Live Mail/, client: 'Windows Mail', os: 'Windows', ...desktop },
  { match: /Thunderbird/, rule: ordinary, client: 'Thunderbird' },
  { match: /Samsung ?Email/i, client: 'Samsung Email', os: 'Android', ...mobile },
  { match: /YahooMobileMail|YMail/, client: 'Yahoo Mail', ...mobile },
  { match: /K-9 Mail/, client: 'K-9 Mail', os: 'Android', ...mobile },
  { match: /Airmail/, rule: ordinary, client: 'Airmail' },
  { match: /\bSpark\/\d/, rule: ordinary, client: 'Spark' },
  { match: /eM ?Client/i, client: 'eM Client', ...desktop },
  { match: /Mailbird/, client: 'Mailbird', os: 'Windows', ...desktop },
  { match: /Lotus-?Notes|HCL Notes/i, client: 'HCL Notes', ...desktop },
  { match: /The Bat!/, client: 'The Bat!', os: 'Windows', ...desktop },
  { match: /Postbox/, client: 'Postbox', ...desktop },
  { match: /\bEvolution\/\d/, client: 'Evolution', os: 'Linux', ...desktop },
  { match: /ProtonMail|Proton ?Mail/i, rule: ordinary, client: 'Proton Mail' },
  // The engine alone: Safari and the other browsers of Apple's systems name themselves behind it.
  {
    match: /\((iPhone|iPad|iPod|Macintosh);[^)]*\) AppleWebKit\/[\d.]+ \(KHTML, like Gecko\)( Mobile\/\w+)?$/,
    rule: ordinary,
    client: 'Apple Mail',
  },
];
