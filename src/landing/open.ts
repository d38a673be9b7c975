import type { GcsLandingOptions } from './gcs.ts';
import { createLocalLanding } from './local.ts';
import type { Landing } from './port.ts';

/** Which landing store: plain data, so that a reader thread can open the same one. */
export type LandingConfig =
  { readonly kind: 'local'; readonly root: string } | ({ readonly kind: 'gcs' } & GcsLandingOptions);

/** The store that a place names: a folder, or `gs://bucket/prefix`. */
export function landingAt(place: string): LandingConfig {
  const found = /^gs:\/\/([^/]+)\/?(.*)$/.exec(place);
  if (found === null) return { kind: 'local', root: place };
  return { kind: 'gcs', bucket: found[1] ?? '', prefix: found[2] ?? '' };
}

/** Opens it. Google's client takes half a second to load: only who needs it does. */
export async function openLanding(config: LandingConfig): Promise<Landing> {
  if (config.kind === 'local') return createLocalLanding(config.root);
  const { createGcsLanding } = await import('./gcs.ts');
  return createGcsLanding(config);
}
