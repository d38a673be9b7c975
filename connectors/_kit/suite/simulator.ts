/**
 * What the suite needs of a connector's simulator: an address, and an end. Structural on purpose: simulators are written
 * from the vendor's documents and import nothing of the kit. Faults come from the suite's own relay in front of it.
 */
export type SuiteSimulator = {
  /** Base URL, as a `base_url` in mailmart.yaml would be. */
  readonly url: string;
  stop(): Promise<void>;
  /** Requests that the vendor's documentation does not allow; there must be none. */
  violations?(): readonly { readonly path: string; readonly reason: string }[];
};
