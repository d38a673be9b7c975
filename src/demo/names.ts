/** Raw material for people and mails: invented, of several scripts, all addresses under the reserved `.example`. */
export const firstNames: readonly string[] = [
  'Anna',
  'Ben',
  'Çelik',
  'Daniel',
  'Élodie',
  'Fatima',
  'Giulia',
  'Hannah',
  'Igor',
  'Jürgen',
  'Karin',
  'Lukas',
  'Maja',
  'Nuno',
  'Olga',
  'Paul',
  'Quentin',
  'Renée',
  'Søren',
  'Tomáš',
  'Ulrike',
  'Véronique',
  'William',
  'Xenia',
  'Yusuf',
  'Zoë',
  '美咲',
  'Łukasz',
  'Ирина',
  "D'Arcy",
];

export const lastNames: readonly string[] = [
  'Müller',
  'Schmidt',
  'Núñez',
  'Kowalska',
  'Rossi',
  'Novák',
  'Jensen',
  'Dubois',
  'Öztürk',
  'O’Neill',
  'van der Berg',
  'Weiß',
  'Andersson',
  'Fischer',
  'Smith',
  'Meyer',
  'Popescu',
  'Silva',
  'Иванова',
  '佐藤',
  'Garcia-Lopez',
  'Brown',
  'Huber',
  'Keller',
  'Schneider',
  'Wolf',
];

export type Place = {
  readonly countryCode: string;
  readonly timeZone: string;
  readonly latitude: number;
  readonly longitude: number;
  readonly language: string;
};

/** Weighted by repetition. */
export const places: readonly Place[] = [
  { countryCode: 'DE', timeZone: 'Europe/Berlin', latitude: 52.52, longitude: 13.4, language: 'de' },
  { countryCode: 'DE', timeZone: 'Europe/Berlin', latitude: 48.14, longitude: 11.58, language: 'de' },
  { countryCode: 'DE', timeZone: 'Europe/Berlin', latitude: 53.55, longitude: 9.99, language: 'de' },
  { countryCode: 'AT', timeZone: 'Europe/Vienna', latitude: 48.21, longitude: 16.37, language: 'de' },
  { countryCode: 'CH', timeZone: 'Europe/Zurich', latitude: 47.37, longitude: 8.54, language: 'de' },
  { countryCode: 'FR', timeZone: 'Europe/Paris', latitude: 48.86, longitude: 2.35, language: 'fr' },
  { countryCode: 'GB', timeZone: 'Europe/London', latitude: 51.51, longitude: -0.13, language: 'en' },
  { countryCode: 'US', timeZone: 'America/New_York', latitude: 40.71, longitude: -74.01, language: 'en' },
  { countryCode: 'US', timeZone: 'America/Los_Angeles', latitude: 34.05, longitude: -118.24, language: 'en' },
  { countryCode: 'IN', timeZone: 'Asia/Kolkata', latitude: 28.61, longitude: 77.21, language: 'en' },
  { countryCode: '', timeZone: '', latitude: 0, longitude: 0, language: '' },
];

export const domains: readonly string[] = [
  'gmail.example',
  'gmail.example',
  'gmail.example',
  'web.example',
  'web.example',
  'outlook.example',
  'outlook.example',
  'icloud.example',
  'yahoo.example',
  'posteo.example',
  'firma-gmbh.example',
  'uni-halle.example',
  'bücher.example',
  'corp.example',
];

export const emailClients: readonly string[] = [
  'Gmail',
  'Gmail',
  'Outlook 2021',
  'Thunderbird',
  'iPhone',
  'Apple Mail',
  'Android',
  '',
];

/** Mailchimp's own wordings, and one of a subscriber. */
export const unsubscribeReasons: readonly string[] = [
  'None given',
  'None given',
  'None given',
  'I no longer want to receive these emails',
  'I never signed up for this mailing list',
  'The emails are inappropriate',
  'The emails are spam and should be reported',
  'Zu häufig – “2 × am Tag”, nein danke; =1+1',
];

/** First word of the title says what the mailing is for; the demo's config maps it to a goal. `Notice` has no goal. */
export const campaignThemes: readonly { readonly title: string; readonly subject: string; readonly preview: string }[] =
  [
    { title: 'Newsletter', subject: 'What to sow this week', preview: 'Three beds, one hour' },
    { title: 'Newsletter', subject: '*|FNAME|*, your garden diary', preview: 'Notes from readers' },
    { title: 'Launch', subject: 'New: the self-watering pot', preview: 'It drinks when you forget' },
    {
      title: 'Launch',
      subject: 'The first ever Acme greenhouse, now in three sizes and with a frame that needs no tools at all',
      preview: '',
    },
    { title: 'Sale', subject: '20 % off all bulbs ends tonight', preview: 'Until midnight' },
    { title: 'Sale', subject: 'Frühlingsangebot: Töpfe & Erde 🌱', preview: 'Nur diese Woche' },
    { title: 'Guide', subject: 'How to prune roses (free guide)', preview: 'PDF, 12 pages' },
    { title: 'Guide', subject: 'Ask our gardener: book a call', preview: '15 minutes, free' },
    { title: 'Notice', subject: 'Changed opening hours', preview: '' },
  ];

/** A subject that breaks careless HTML, CSV and spreadsheets. */
export const hostileSubject = `=HYPERLINK("http://x.example","<b>50 %</b> & 'more'") | -2,5 ‮ש`;
