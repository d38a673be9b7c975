import { array, assert, infiniteStream, integer, nat, property } from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LaneHolder, LanePool, type LaneGrant, type LaneRequest } from './lane-pool.ts';

describe('LanePool', () => {
  it('gives a lone stream all it can use', () => {
    const pool = new LanePool(10);
    pool.request('members', { seq: 1, want: 25, using: 0 });
    expect(pool.distribute()).toEqual(new Map([['members', { lanes: 10, seq: 1 }]]));
    expect(pool.free).toBe(0);
  });

  it('shares evenly among streams that come together', () => {
    const pool = new LanePool(10);
    for (const stream of ['a', 'b', 'c']) pool.request(stream, { seq: 1, want: 10, using: 0 });
    pool.distribute();
    expect(['a', 'b', 'c'].map((stream) => pool.held(stream))).toEqual([4, 3, 3]);
  });

  it('asks the rich for a lane when a stream has none, and counts it as used until it is given back', () => {
    const pool = new LanePool(4);
    pool.request('rich', { seq: 1, want: 4, using: 0 });
    pool.distribute();
    pool.request('poor', { seq: 1, want: 1, using: 0 });
    expect(pool.distribute()).toEqual(new Map([['rich', { lanes: 3, seq: 1 }]]));
    expect([pool.held('rich'), pool.held('poor'), pool.free]).toEqual([4, 0, 0]);
    pool.request('rich', { seq: 2, want: 4, using: 3 });
    expect(pool.distribute()).toEqual(new Map([['poor', { lanes: 1, seq: 1 }]]));
  });

  it('takes no notice of a late message', () => {
    const pool = new LanePool(4);
    pool.request('a', { seq: 2, want: 0, using: 0 });
    pool.request('a', { seq: 1, want: 4, using: 0 });
    expect(pool.distribute().size).toBe(0);
  });

  it('gives a beginning stream one lane without being asked, while there is one', () => {
    const pool = new LanePool(2);
    expect(pool.admit('a')).toEqual({ seq: 0, granted: 1, counted: 1, want: 1 });
    expect(new LaneHolder(pool.admit('b')).request(1)).toBeUndefined();
    expect([pool.admit('c'), pool.free]).toEqual([undefined, 0]);
  });

  it('frees everything when a stream ends', () => {
    const pool = new LanePool(4);
    pool.request('a', { seq: 1, want: 4, using: 0 });
    pool.distribute();
    pool.release('a');
    expect(pool.free).toBe(4);
  });
});

describe('LaneHolder', () => {
  it('says at its next piece of work that it follows a lowered grant, also when it never used the higher one', () => {
    const holder = new LaneHolder();
    expect(holder.request(10)).toEqual({ seq: 1, want: 10, using: 0 });
    holder.grant({ seq: 1, lanes: 10 });
    holder.grant({ seq: 1, lanes: 5 });
    expect(holder.request(10)).toEqual({ seq: 2, want: 10, using: 5 });
    expect(holder.request(10)).toBeUndefined();
  });

  it('takes no grant that answers an older message', () => {
    const holder = new LaneHolder();
    holder.request(10);
    holder.request(0);
    holder.grant({ seq: 1, lanes: 10 });
    expect(holder.lanes).toBe(0);
  });

  it('goes on from its saved state', () => {
    const holder = new LaneHolder();
    holder.request(10);
    holder.grant({ seq: 1, lanes: 4 });
    const restored = new LaneHolder(holder.save());
    expect([restored.lanes, restored.request(10)]).toEqual([4, undefined]);
  });
});

/** A stream with work to do, in a world where messages take their time. */
class SimulatedStream {
  readonly name: string;
  readonly holder: LaneHolder;
  left: number;
  inUse = 0;
  constructor(name: string, left: number, pool: LanePool) {
    this.name = name;
    this.left = left;
    this.holder = new LaneHolder(pool.admit(name));
  }
}

describe('LanePool and LaneHolder, in any order of messages', () => {
  it('never have more lanes in use than the pool has, and every stream ends', () => {
    assert(
      property(
        integer({ min: 1, max: 12 }),
        array(integer({ min: 1, max: 60 }), { minLength: 1, maxLength: 8 }),
        infiniteStream(nat(1_000)),
        (size, works, choices) => {
          const pool = new LanePool(size);
          const streams = works.map((left, index) => new SimulatedStream(`s${index}`, left, pool));
          const toPool: { stream: SimulatedStream; message: LaneRequest }[] = [];
          const toStream = new Map<SimulatedStream, LaneGrant[]>(streams.map((stream) => [stream, []]));
          const grantAll = (): void => {
            for (const [name, grant] of pool.distribute()) {
              const stream = streams.find((candidate) => candidate.name === name);
              if (stream !== undefined) toStream.get(stream)?.push(grant);
            }
          };
          const moves: ((choice: number) => boolean)[] = [
            // A message of one stream reaches the pool; those of one stream keep their order.
            (choice) => {
              const index = toPool.findIndex(({ stream }) => stream === toPool[choice % toPool.length]?.stream);
              const [sent] = index < 0 ? [] : toPool.splice(index, 1);
              if (sent === undefined) return false;
              pool.request(sent.stream.name, sent.message);
              grantAll();
              return true;
            },
            // A grant reaches its stream.
            (choice) => {
              const waiting = streams.filter((stream) => (toStream.get(stream)?.length ?? 0) > 0);
              const stream = waiting[choice % waiting.length];
              const grant = stream === undefined ? undefined : toStream.get(stream)?.shift();
              if (stream === undefined || grant === undefined) return false;
              stream.holder.grant(grant);
              return true;
            },
            // A stream ends its batch.
            (choice) => {
              const busy = streams.filter(({ inUse }) => inUse > 0);
              const stream = busy[choice % busy.length];
              if (stream === undefined) return false;
              stream.left -= Math.min(stream.left, stream.inUse);
              stream.inUse = 0;
              return true;
            },
            // A stream that is at rest has to wait for its quota: it gives everything back, and comes again later.
            (choice) => {
              const idle = streams.filter(({ inUse, left }) => inUse === 0 && left > 0);
              const stream = idle[choice % idle.length];
              const message = choice % 9 === 0 ? stream?.holder.request(0) : undefined;
              if (stream === undefined || message === undefined) return false;
              toPool.push({ stream, message });
              return true;
            },
            // A stream that is at rest says what it wants, and starts a batch when it has lanes.
            (choice) => {
              const idle = streams.filter(({ inUse, left }) => inUse === 0 && left >= 0);
              const stream = idle[choice % idle.length];
              if (stream === undefined) return false;
              const want = Math.min(size, stream.left);
              const message = stream.holder.request(want);
              if (message !== undefined) toPool.push({ stream, message });
              if (want === 0) {
                if (message === undefined) stream.left = -1;
                return true;
              }
              stream.inUse = Math.min(stream.holder.lanes, want);
              return message !== undefined || stream.inUse > 0;
            },
          ];
          let idleTurns = 0;
          for (let turn = 0; turn < 20_000 && streams.some(({ left }) => left > 0); turn += 1) {
            const choice = choices.next().value;
            const moved = moves[choice % moves.length]?.(Math.floor(choice / moves.length)) ?? false;
            const used = streams.reduce((sum, { inUse }) => sum + inUse, 0);
            if (used > size) throw new Error(`${used} lanes of ${size} in use`);
            idleTurns = moved ? 0 : idleTurns + 1;
            if (idleTurns > 500) throw new Error('everybody waits for everybody');
          }
          return streams.every(({ left }) => left <= 0);
        },
      ),
      { numRuns: 300, seed: 20260630 },
    );
  });
});
