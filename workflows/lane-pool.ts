type Member = { held: number; target: number; want: number; seq: number };

/**
 * The connections of one account, shared by its streams. Pure, so that it can be tested without a server.
 *
 * A stream holds lanes that only the pool can add to. To make room for a stream that has none, the pool lowers a
 * rich stream's *target*; the lanes are free only when that stream says that it no longer uses them. So the sum of
 * lanes in use never exceeds the size, whatever the order in which messages arrive.
 */
export class LanePool {
  readonly size: number;
  private readonly members = new Map<string, Member>();

  constructor(size: number) {
    if (!Number.isInteger(size) || size < 1) throw new RangeError(`A pool needs at least one lane, not ${size}`);
    this.size = size;
  }

  /** Lanes that nobody may use at the moment. */
  get free(): number {
    let used = 0;
    for (const member of this.members.values()) used += member.held;
    return this.size - used;
  }

  held(stream: string): number {
    return this.members.get(stream)?.held ?? 0;
  }

  /**
   * What a stream says: how many lanes it could use, and how many it uses at most from now on. `seq` counts the
   * stream's messages: a late one changes nothing.
   */
  request(stream: string, request: LaneRequest): void {
    const member = this.members.get(stream) ?? { held: 0, target: 0, want: 0, seq: -1 };
    if (request.seq <= member.seq) return;
    const want = Math.max(0, Math.min(this.size, Math.floor(request.want)));
    member.seq = request.seq;
    member.want = want;
    member.held = Math.min(member.held, Math.max(0, Math.floor(request.using)));
    member.target = member.held;
    this.members.set(stream, member);
  }

  /** A stream that begins gets one free lane without asking, if there is one: most streams need no more. */
  admit(stream: string): LaneState | undefined {
    if (this.free === 0 || this.members.has(stream)) return undefined;
    this.members.set(stream, { held: 1, target: 1, want: 1, seq: 0 });
    return { seq: 0, granted: 1, counted: 1, want: 1 };
  }

  /** The stream has ended, in whatever way. */
  release(stream: string): void {
    this.members.delete(stream);
  }

  /** Gives out free lanes and asks for some back where a stream starves. Returns the streams whose target changed. */
  distribute(): ReadonlyMap<string, LaneGrant> {
    const before = new Map([...this.members].map(([stream, member]) => [stream, member.target]));
    for (let free = this.free; free > 0; free -= 1) {
      const poorest = this.pick(
        (member) => member.held < member.want,
        (member) => member.held,
      );
      if (poorest === undefined) break;
      poorest.held += 1;
      poorest.target = poorest.held;
    }
    let starving = [...this.members.values()].filter((member) => member.want > 0 && member.held === 0).length;
    for (const member of this.members.values()) starving -= member.held - member.target;
    for (; starving > 0; starving -= 1) {
      const richest = this.pick(
        (member) => member.target > 1,
        (member) => -member.target,
      );
      if (richest === undefined) break;
      richest.target -= 1;
    }
    const changed = new Map<string, LaneGrant>();
    for (const [stream, member] of this.members) {
      if (member.target !== before.get(stream)) changed.set(stream, { lanes: member.target, seq: member.seq });
    }
    return changed;
  }

  /** First member with the smallest rank, in the order in which they came. */
  private pick(eligible: (member: Member) => boolean, rank: (member: Member) => number): Member | undefined {
    let best: Member | undefined;
    for (const member of this.members.values()) {
      if (eligible(member) && (best === undefined || rank(member) < rank(best))) best = member;
    }
    return best;
  }
}

/** The stream's side of the agreement: what it may use, and what it has said last. */
export class LaneHolder {
  private state: LaneState;

  constructor(state: LaneState = { seq: 0, granted: 0, counted: 0, want: -1 }) {
    this.state = state;
  }

  /** Lanes that may be used for the next piece of work. */
  get lanes(): number {
    return this.state.granted;
  }

  /** A grant that answers an older message is void: the pool has since counted what we gave back. */
  grant(grant: LaneGrant): void {
    if (grant.seq !== this.state.seq) return;
    this.state = { ...this.state, granted: grant.lanes, counted: Math.max(this.state.counted, grant.lanes) };
  }

  /** The message to send before the next piece of work, with `want` things left to do; undefined when there is no news. */
  request(want: number): LaneRequest | undefined {
    const { seq, counted } = this.state;
    const granted = Math.min(this.state.granted, want);
    if (want === this.state.want && granted >= counted) return undefined;
    this.state = { seq: seq + 1, granted, counted: granted, want };
    return { seq: seq + 1, want, using: granted };
  }

  /** For continue-as-new. */
  save(): LaneState {
    return this.state;
  }
}

/** Stream → pool. `using`: lanes that it uses at most from now on. */
export type LaneRequest = { readonly seq: number; readonly want: number; readonly using: number };

/** Pool → stream. `seq`: the last message of the stream that the pool had read. */
export type LaneGrant = { readonly seq: number; readonly lanes: number };

/** `counted`: what the pool takes to be in use, at least. */
export type LaneState = {
  readonly seq: number;
  readonly granted: number;
  readonly counted: number;
  readonly want: number;
};
