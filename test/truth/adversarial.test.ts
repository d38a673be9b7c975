import { array, assert, asyncProperty, constantFrom } from 'fast-check';
import { expect, it } from 'vitest';
import { createWorld } from '../../src/demo/world.ts';
import { adversities, adverse } from './adversity.ts';
import { startInProcess } from './in-process.ts';
import { both, differencesOf, syncAll, transformAll } from './pipeline.ts';

// On all cores, as users have it: what depends on the order of rows shows then.
delete process.env['MAILMART_DUCKDB_THREADS'];

const lot = array(constantFrom(...adversities), { minLength: 8, maxLength: 8 });

/** A world of its own a run: more are a matter of patience, `MAILMART_ADVERSE_WORLDS=50`. */
const worlds = Number(process.env['MAILMART_ADVERSE_WORLDS'] ?? 3);

it('whatever befalls campaigns, every mart is the truth', { timeout: 120_000 * worlds }, async () => {
  let seed = 10;
  await assert(
    asyncProperty(lot, lot, async (mailchimp, sendgrid) => {
      const world = adverse(createWorld({ seed: (seed += 1), size: 'tiny' }), mailchimp, sendgrid);
      const run = await startInProcess({ world, sources: both, hasLatePosts: true });
      try {
        await syncAll(run);
        // Posts that were late come with the next sync.
        await syncAll(run);
        await transformAll(run);
        expect(await differencesOf(run, world, { sources: both, syncs: [world.now, world.now] })).toEqual({});
      } finally {
        await run.stop();
      }
    }),
    // A world's other lots are other worlds: what failed is told as it is.
    { numRuns: worlds, seed: 20_261_129, endOnFailure: true },
  );
});
