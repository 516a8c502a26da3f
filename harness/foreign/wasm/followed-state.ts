/**
 * What is known at one place of a function: where the values of its variables come from, and which loads are still
 * under way for all that the code has waited for.
 *
 * A load begins as soon as its address is there, whatever the order of the code. So loads come in rounds: those whose
 * addresses were known from the beginning, those whose addresses these have loaded, and so on. Using an address waits
 * for the round that loads it, and with it for the whole round: what lies behind its other addresses, or elsewhere
 * behind the same one, is no further wait. A list's node costs one wait however many of its words are read, and the
 * waits of an operation add up to its longest chain.
 */

export type Origin =
  /** Computed from arguments and constants: known as soon as the call begins. */
  | 'computed'
  /** Loaded, or computed from what was loaded. */
  | 'loaded'
  /** In the function's frame on the shadow stack. */
  | 'frame'
  /** A constant: a global variable. */
  | 'constant';

export interface Value {
  readonly origin: Origin;
  /** Of a constant. */
  readonly constant?: bigint;
  /** Of what was loaded: the load, by a number of its own. */
  readonly load?: number;
}

export const COMPUTED: Value = { origin: 'computed' };
export const FRAME: Value = { origin: 'frame' };

/** How far a value is behind the last wait, in rounds: known from the beginning, there by now, or under way. */
type Lag = -1 | 0 | 1;

export class FollowedState {
  private constructor(
    /** Absent where computed. */
    private readonly variables: Map<number, Value>,
    /** By load; one that is absent ended long ago, as computed values did. */
    private readonly lags: Map<number, Lag>,
    private hasWaited: boolean,
  ) {}

  static empty(): FollowedState {
    return new FollowedState(new Map(), new Map(), false);
  }

  copy(): FollowedState {
    return new FollowedState(new Map(this.variables), new Map(this.lags), this.hasWaited);
  }

  /** How much there is to copy. */
  get size(): number {
    return this.variables.size + this.lags.size;
  }

  variable(index: number): Value {
    return this.variables.get(index) ?? COMPUTED;
  }

  assign(index: number, value: Value): void {
    if (value.origin === 'computed') {
      this.variables.delete(index);
    } else {
      this.variables.set(index, value);
    }
  }

  /** The value that is loaded from an address; one under way has been waited for. */
  load(load: number, address: Value): Value {
    this.lags.set(load, this.lagOf(address) < 0 ? 0 : 1);
    return { origin: 'loaded', load };
  }

  isUnderWay(value: Value): boolean {
    return this.lagOf(value) === 1;
  }

  /** For the round that is under way. */
  wait(): void {
    for (const [load, lag] of this.lags) {
      if (lag === 1) {
        this.lags.set(load, 0);
      } else {
        this.lags.delete(load);
      }
    }
    this.hasWaited = true;
  }

  /** For all loads, before any other begins. */
  waitForAll(): void {
    this.lags.clear();
    this.hasWaited = false;
  }

  /** Of several values the loaded one that is there last; undefined where none was loaded. */
  latest(values: readonly Value[]): Value | undefined {
    return values
      .filter(({ origin }) => origin === 'loaded')
      .reduce<Value | undefined>(
        (last, each) => (last === undefined || this.lagOf(each) > this.lagOf(last) ? each : last),
        undefined,
      );
  }

  private lagOf({ load }: Value): Lag {
    const known = load === undefined ? undefined : this.lags.get(load);
    return known ?? (this.hasWaited ? -1 : 0);
  }

  /** A value that is one or the other. */
  either(one: Value, other: Value): Value {
    const loaded = this.latest([one, other]);
    if (loaded !== undefined) {
      return loaded;
    }
    const isSame = one.origin === other.origin && one.constant === other.constant;
    return isSame ? one : COMPUTED;
  }

  /** Where two paths meet: a variable may hold what either put there, and is there as late as on the later of them. */
  meet(other: FollowedState): FollowedState {
    const met = new FollowedState(new Map(), new Map(), this.hasWaited && other.hasWaited);
    for (const load of new Set([...this.lags.keys(), ...other.lags.keys()])) {
      met.lags.set(
        load,
        Math.max(this.lagOf({ origin: 'loaded', load }), other.lagOf({ origin: 'loaded', load })) as Lag,
      );
    }
    for (const index of new Set([...this.variables.keys(), ...other.variables.keys()])) {
      met.assign(index, met.either(this.variable(index), other.variable(index)));
    }
    return met;
  }

  /**
   * At the head of a loop, where `again` comes back to. A variable that a round may change stands for a load of its own
   * there, so that what it held the time before is told from what it holds now. What is under way is what the loop
   * leaves under way: it goes round more often than it begins.
   */
  meetAgain(again: FollowedState, loadOf: (variable: number) => number): FollowedState {
    const { variables } = this.meet(again);
    const lags = new Map(again.lags);
    for (const [index, value] of variables) {
      const left = again.variable(index);
      if (value.origin === 'loaded' && this.variable(index).load !== left.load) {
        const load = loadOf(index);
        lags.set(load, again.lagOf(left));
        variables.set(index, { origin: 'loaded', load });
      }
    }
    return new FollowedState(variables, lags, again.hasWaited);
  }
}
