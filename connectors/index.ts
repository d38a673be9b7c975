import type { Connector } from './_kit/contract.ts';
import { file } from './file/connector.ts';
import { mailchimp } from './mailchimp/connector.ts';
import { sendgrid } from './sendgrid/connector.ts';

/** Every source type by its name in mailmart.yaml. */
// eslint-disable-next-line typescript/no-explicit-any -- connectors have different configs, each parsed by its own schema
export const connectors: Readonly<Record<string, Connector<any>>> = {
  file,
  mailchimp,
  sendgrid,
};
