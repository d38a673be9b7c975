import { type ServerOptions, type Simulator, startSimulator } from '../../src/demo/simulator/simulator.ts';
import type { Fault, Faults } from './simulator-faults.ts';
import { Sendgrid, type SendgridOptions } from './simulator-vendor.ts';

export type { Fault, Faults } from './simulator-faults.ts';

export type SimulatorOptions = ServerOptions<Fault> & SendgridOptions;

/** Paths of its `url` begin with `/v3`. */
export type SendgridSimulator = Simulator<Fault> & { readonly faults: Faults };

/**
 * Twilio SendGrid's v3 API over the demo world, on this machine. Written from the vendor's documents alone (esp/sendgrid.md,
 * the OpenAPI description); what they leave open is an option or is said in a comment.
 */
export async function startSendgridSimulator(options: SimulatorOptions): Promise<SendgridSimulator> {
  const vendor = new Sendgrid(options);
  const simulator = await startSimulator(vendor, options);
  const faults: Faults = { ...simulator.faults, failExports: (count) => vendor.exports.failNext(count) };
  return { ...simulator, faults };
}
