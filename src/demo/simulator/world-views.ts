import type { Instant } from '../../contracts/json.ts';
import { secondsOf } from '../instant.ts';
import type { Seconds, World } from '../types.ts';

/** The world that a simulator shows, and its clock. */
export type WorldOptions = {
  readonly world: World;
  /** The world's clock; default the world's own `now`, which stands still. */
  readonly at?: () => Instant;
};

/** What a vendor knows of the world at the instant of a request, made once an instant. */
export class WorldViews<V> {
  #world: World;
  readonly #at: (() => Instant) | undefined;
  readonly #build: (world: World, at: Seconds) => V;
  readonly #made = new Map<Seconds, V>();

  constructor({ world, at }: WorldOptions, build: (world: World, at: Seconds) => V) {
    this.#world = world;
    this.#at = at;
    this.#build = build;
  }

  now(): V {
    const at = this.#at === undefined ? this.#world.now : secondsOf(this.#at());
    const known = this.#made.get(at);
    if (known !== undefined) return known;
    const made = this.#build(this.#world, at);
    // Two are enough: a clock that moves leaves at most one request behind.
    for (const old of [...this.#made.keys()].slice(0, -1)) this.#made.delete(old);
    this.#made.set(at, made);
    return made;
  }

  /** Puts another world in its place. */
  change(edit: (world: World) => World): void {
    this.#world = edit(this.#world);
    this.#made.clear();
  }
}
