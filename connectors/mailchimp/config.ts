import { z } from 'zod';
import { baseUrl, secret } from '../_kit/config.ts';

const credentials = z
  .strictObject({
    api_key: secret.optional().meta({
      description: 'API key (Account & billing → Extras → API keys), by reference.',
      examples: ['${env:MAILCHIMP_API_KEY}'],
    }),
    access_token: secret.optional().meta({
      description: 'OAuth 2 access token, by reference. Either this or api_key.',
      examples: ['${env:MAILCHIMP_ACCESS_TOKEN}'],
    }),
  })
  .check((context) => {
    const { api_key: key, access_token: token } = context.value;
    if ((key === undefined) !== (token === undefined)) return;
    context.issues.push({
      code: 'custom',
      input: context.value,
      message:
        key === undefined
          ? 'The credentials hold neither `api_key` nor `access_token`.'
          : 'The credentials hold both `api_key` and `access_token`.',
      params: { fix: 'Keep exactly one of them, for example `api_key: "${env:MAILCHIMP_API_KEY}"`.' },
    });
  })
  .meta({
    description: 'How to sign in.',
    examples: [{ api_key: '${env:MAILCHIMP_API_KEY}' }],
  });

const address = baseUrl({
  fix: 'Write an address such as https://us1.api.mailchimp.com/3.0.',
  plainHttp: ', and Mailchimp answers 426',
})
  .optional()
  .meta({
    description:
      'Address of the API. Absent: taken from the data centre at the end of the key, else api.mailchimp.com.',
    examples: ['https://us1.api.mailchimp.com/3.0', 'https://api.mailchimp.com/3.0'],
  });

const webhook = z
  .strictObject({
    signing_secrets: z
      .array(secret)
      .default([])
      .meta({
        description:
          'Signing secrets of the webhooks that post to `mailmart receive`, by reference; both while one replaces the other. Signed posts become rows.',
        examples: [['${env:MAILCHIMP_SIGNING_SECRET}']],
      }),
    path_secret: z
      .string()
      .regex(/^[A-Za-z0-9_-]{16,128}$/, 'The value is not 16 to 128 letters, digits, - and _.')
      .optional()
      .meta({
        description:
          'Last part of the address of webhooks that are not signed, by reference: 16 to 128 letters, digits, - and _. Their posts only say what to read again.',
        examples: ['${env:MAILCHIMP_PATH_SECRET}'],
      }),
  })
  .optional()
  .meta({
    description: 'Webhooks of lists. Absent: none are received.',
    examples: [{ signing_secrets: ['${env:MAILCHIMP_SIGNING_SECRET}'] }],
  });

/** Mailchimp's own part of a source in mailmart.yaml. */
export const mailchimpConfig = z.strictObject({ credentials, base_url: address, webhook });

export type MailchimpConfig = z.output<typeof mailchimpConfig>;

/** Data centre named at the end of an API key (`…-us21`); undefined for OAuth tokens and keys without one. */
export function dataCentreOfKey(config: MailchimpConfig): string | undefined {
  return /-([a-z]{2,}\d+)$/.exec(config.credentials.api_key ?? '')?.[1];
}

/** `base_url` without a slash at its end; by default the key's data centre, else the one host for all accounts. */
export function baseUrlOf(config: MailchimpConfig): string {
  if (config.base_url !== undefined) return config.base_url.replace(/\/+$/, '');
  const dataCentre = dataCentreOfKey(config);
  return dataCentre === undefined ? 'https://api.mailchimp.com/3.0' : `https://${dataCentre}.api.mailchimp.com/3.0`;
}

/** Value of the `Authorization` header: Basic with the key as password, Bearer for an OAuth token. */
export function authorizationOf(config: MailchimpConfig): string {
  const { api_key: key, access_token: token } = config.credentials;
  if (key === undefined) return `Bearer ${token ?? ''}`;
  return `Basic ${Buffer.from(`mailmart:${key}`, 'utf8').toString('base64')}`;
}
