import { type ServerOptions, type Simulator, startSimulator } from '../../src/demo/simulator/simulator.ts';
import type { Fault, Faults } from './simulator-faults.ts';
import { Mailchimp, type MailchimpOptions } from './simulator-vendor.ts';

export type { RequestLogEntry, Violation } from '../../src/demo/simulator/vendor.ts';
export type { Fault, Faults } from './simulator-faults.ts';

export type SimulatorOptions = ServerOptions<Fault> & MailchimpOptions;

export type MailchimpSimulator = Simulator<Fault> & { readonly faults: Faults };

/**
 * Mailchimp's Marketing API 3.0 over the demo world, on this machine. Written from the vendor's documents alone
 * (esp/mailchimp.md, the Swagger description); what they leave open is an option or is said in a comment.
 */
export async function startMailchimpSimulator(options: SimulatorOptions): Promise<MailchimpSimulator> {
  const vendor = new Mailchimp(options);
  const simulator = await startSimulator(vendor, options);
  const faults: Faults = {
    ...simulator.faults,
    clear: () => {
      simulator.faults.clear();
      vendor.restoreRows();
    },
    deleted: () => [...vendor.deleted],
  };
  return { ...simulator, faults };
}
