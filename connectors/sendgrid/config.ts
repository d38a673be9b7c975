import { z } from 'zod';
import { baseUrl, secret } from '../_kit/config.ts';

const credentials = z
  .strictObject({
    api_key: secret.meta({
      description: 'API key (Settings → API Keys; read access is enough), by reference.',
      examples: ['${env:SENDGRID_API_KEY}'],
    }),
  })
  .meta({ description: 'How to sign in.', examples: [{ api_key: '${env:SENDGRID_API_KEY}' }] });

const address = baseUrl({
  fix: 'Remove base_url, or write an address such as https://api.sendgrid.com.',
  problem: ({ pathname }) =>
    /\/v3\/?$/.test(pathname) ? 'The address ends in /v3, which is part of the paths already.' : undefined,
})
  .optional()
  .meta({
    description: 'Address of the API, without /v3. Absent: that of the region.',
    examples: ['https://api.sendgrid.com', 'https://api.eu.sendgrid.com'],
  });

const webhook = z
  .strictObject({
    public_keys: z
      .array(
        z
          .string()
          .regex(
            /^[A-Za-z0-9+/]{80,}={0,2}$/,
            'This is not a public key as SendGrid shows it: one line of Base64, without BEGIN and END.',
          ),
      )
      .min(1, 'The list is empty.')
      .meta({
        description:
          'Verification keys of the Signed Event Webhook (Settings → Mail Settings → Event Webhook), no secrets. Two while one is replaced by the next.',
        examples: [['MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE...']],
      }),
  })
  .optional()
  .meta({
    description: 'The Event Webhook that posts to `mailmart receive`. Absent: posts are refused.',
    examples: [{ public_keys: ['MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE...'] }],
  });

/** SendGrid's own part of a source in mailmart.yaml. */
export const sendgridConfig = z.strictObject({
  credentials,
  base_url: address,
  region: z
    .enum(['global', 'eu'])
    .default('global')
    .meta({ description: 'Where the account’s data is kept: `eu` for regional subusers.', examples: ['eu'] }),
  subuser: z
    .string()
    .regex(
      /^[\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?$/,
      'The name holds a line break, an outer blank or a special character.',
    )
    .optional()
    .meta({
      description: 'User name of a subuser that is read with the key of its parent account.',
      examples: ['newsletter'],
    }),
  webhook,
});

export type SendgridConfig = z.output<typeof sendgridConfig>;
