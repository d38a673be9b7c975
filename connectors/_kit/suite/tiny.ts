/** What every connector has and no test of one stream or hook is about. */
export const tiny = {
  name: 'tiny',
  title: 'Tiny',
  docs: '',
  secrets: [],
  baseUrl: () => 'https://api.example.com',
  auth: { kind: 'none' },
  limits: { default: { concurrency: 1 } },
  probe: async () => [],
} as const;
