import type { z } from 'zod';
import { connectors } from '../../connectors/index.ts';

/** What the configuration needs to know of a connector. */
export type ConfigurableSource = {
  readonly title: string;
  readonly config: z.ZodType;
  /** Dot paths of secret fields inside the source's own part. */
  readonly secrets: readonly string[];
  readonly streams: Readonly<Record<string, unknown>>;
};

/** Source types by their name in mailmart.yaml. */
export type SourceRegistry = Readonly<Record<string, ConfigurableSource>>;

/** Every connector of this installation. */
export const sourceRegistry: SourceRegistry = connectors;
