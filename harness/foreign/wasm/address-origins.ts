import { LOAD, UPDATE } from '../../machine/access-stream';
import { COMPUTED, FollowedState, FRAME, type Origin, type Value } from './followed-state';
import { MalformedModule } from './malformed-module';
import { NO_BLOCK_TYPE, type Operation } from './instructions';
import type { FunctionType, ModuleImage } from './module';

/**
 * Where the address of every memory access of a function comes from, as far as its code says so: what prices a load
 * as a pointer chase, and what tells the function's own frame from the allocator's memory.
 *
 * Values are followed through the operand stack and through local variables along every path; where paths meet, a
 * variable may hold what any of them put there. Arguments and results of calls are taken for computed.
 */

export interface AddressOrigin {
  readonly origin: Origin;
  /** Whether the access cannot begin before a load has ended that is still under way. */
  readonly waits: boolean;
  /** The constant, where it is one and known. */
  readonly value: number | undefined;
}

/** Instructions whose result is an address when an operand is one. */
const ADDRESS_ARITHMETIC = /^i(32|64)\.(add|sub|and|or|xor|mul|shl|shr_[su]|rotl|rotr|wrap_i64|extend.*)$/;

/** What is known at the head of a loop is learned round by round; a loop in a loop needs one more. */
const ROUNDS = 4;

/** What is copied at branches, an operation: a function with more variables and branches is not followed to its end. */
const COPIED_MAX = 16;
const COPIED_FREELY = 100_000;

interface Scope {
  readonly height: number;
  readonly results: number;
  /** Of a loop: the index of its operation. */
  readonly loop: number | undefined;
  isUnreachable: boolean;
  /** What is known where jumps arrive: behind the end, or at the head of a loop. */
  arriving: FollowedState | undefined;
  /** What is known at the beginning of an `else`, or behind an `if` that has none. */
  otherwise: FollowedState | undefined;
}

/** The origins of a function's accesses, by the index of their operation. */
export function addressOrigins(
  image: ModuleImage,
  type: FunctionType,
  operations: readonly Operation[],
  stackPointer: number | undefined,
): ReadonlyMap<number, AddressOrigin> {
  let follower = new Follower(image, type, operations, stackPointer, new Map());
  follower.follow();
  for (let round = 1; round < ROUNDS && follower.backAtHeads.size > 0; round++) {
    follower = new Follower(image, type, operations, stackPointer, follower.backAtHeads);
    follower.follow();
  }
  return follower.origins;
}

class Follower {
  readonly origins = new Map<number, AddressOrigin>();
  /** What is known where jumps go back to the head of a loop. */
  readonly backAtHeads = new Map<number, FollowedState>();
  private readonly stack: Value[] = [];
  private readonly scopes: Scope[] = [];
  private state = FollowedState.empty();
  /** What may still be copied. */
  private copies: number;

  constructor(
    private readonly image: ModuleImage,
    type: FunctionType,
    private readonly operations: readonly Operation[],
    private readonly stackPointer: number | undefined,
    /** As the round before has learned it. */
    private readonly backBefore: ReadonlyMap<number, FollowedState>,
  ) {
    this.copies = COPIED_FREELY + COPIED_MAX * operations.length;
    this.open(0, type.results.length, undefined);
  }

  follow(): void {
    this.operations.forEach((operation, index) => this.step(operation, index));
  }

  private step(operation: Operation, index: number): void {
    const { instruction, operand } = operation;
    if (instruction.access !== undefined) {
      return this.access(operation, index);
    }
    switch (instruction.immediate) {
      case 'block type':
        return this.enter(operation, index);
      case 'label':
      case 'label table':
        return this.jump(operation);
      case 'function':
        return instruction.name === 'call' ? this.call(this.typeOf(Number(operand))) : this.push(COMPUTED);
      case 'indirect':
        this.pop();
        return this.call(this.image.types[Number(operand)]);
      case 'local':
        return this.local(instruction.name, Number(operand));
      case 'global':
        if (instruction.name === 'global.set') {
          this.pop();
          return;
        }
        return this.push(Number(operand) === this.stackPointer ? FRAME : COMPUTED);
      case 'i32':
      case 'i64':
        return this.push({ origin: 'constant', constant: operand });
      default:
        return this.plain(operation);
    }
  }

  private plain({ instruction }: Operation): void {
    const { name, takes, leaves } = instruction;
    switch (name) {
      case 'end':
        return this.leave();
      case 'else':
        return this.leaveThen();
      case 'return':
      case 'unreachable':
        return this.becomeUnreachable();
      case 'drop':
        this.pop();
        return;
      case 'select':
        this.pop();
        return this.push(this.state.either(this.pop(), this.pop()));
      case 'memory.size':
        return this.push(COMPUTED);
      case 'memory.grow':
        this.pop();
        return this.push(COMPUTED);
      case 'memory.init':
      case 'memory.copy':
      case 'memory.fill':
        [1, 2, 3].forEach(() => this.pop());
        return;
    }
    const operands = takes.map(() => this.pop()).reverse();
    leaves.forEach(() => this.push(this.resultOf(name, operands)));
  }

  /** Of an address moved by a number the origin stays; what is computed from a loaded value waits for it as well. */
  private resultOf(name: string, operands: readonly Value[]): Value {
    const loaded = this.state.latest(operands);
    if (loaded !== undefined) {
      return loaded;
    }
    const isFrame =
      ADDRESS_ARITHMETIC.test(name) &&
      operands.some(({ origin }) => origin === 'frame') &&
      operands.every(({ origin }) => origin === 'frame' || origin === 'constant');
    return isFrame ? FRAME : COMPUTED;
  }

  private access({ instruction, offset }: Operation, index: number): void {
    const { state } = this;
    const { kind, values } = instruction.access!;
    values.forEach(() => this.pop());
    const address = this.pop();
    const value = address.constant === undefined ? undefined : Number(address.constant + offset);
    const waits = state.isUnderWay(address);
    this.origins.set(index, { origin: address.origin, waits, value });
    if (kind === UPDATE) {
      // A locked instruction begins when all before it have ended, and holds up all behind it.
      state.waitForAll();
    } else if (waits && kind === LOAD) {
      state.wait();
    }
    instruction.leaves.forEach(() => this.push(state.load(index, address)));
  }

  private call(type: FunctionType | undefined): void {
    if (type === undefined) {
      throw new MalformedModule('calls a function without a type');
    }
    type.params.forEach(() => this.pop());
    type.results.forEach(() => this.push(COMPUTED));
  }

  private typeOf(index: number): FunctionType | undefined {
    const { imports, functions, types } = this.image;
    return imports[index]?.type ?? types[functions[index - imports.length] ?? -1];
  }

  private local(verb: string, index: number): void {
    if (verb === 'local.get') {
      return this.push(this.state.variable(index));
    }
    const value = this.pop();
    this.state.assign(index, value);
    if (verb === 'local.tee') {
      this.push(value);
    }
  }

  private enter({ instruction, operand }: Operation, index: number): void {
    if (instruction.name === 'if') {
      this.pop();
    }
    const type = operand >= 0n ? this.image.types[Number(operand)] : undefined;
    const results = type?.results.length ?? (operand === NO_BLOCK_TYPE ? 0 : 1);
    const params = (type?.params ?? []).map(() => this.pop()).reverse();
    const height = this.stack.length;
    params.forEach((value) => this.push(value));
    const scope = this.open(height, results, instruction.name === 'loop' ? index : undefined);
    if (instruction.name === 'if') {
      scope.otherwise = this.copy();
    }
    const back = this.backBefore.get(index);
    if (back !== undefined && this.canCopy(this.state.size + back.size)) {
      // Every variable of every loop is a load that no operation is.
      this.state = this.state.meetAgain(back, (variable) => -(variable * this.operations.length + index) - 1);
    }
  }

  private jump({ instruction, operand, labels }: Operation): void {
    if (instruction.name !== 'br') {
      this.pop();
    }
    for (const label of instruction.name === 'br_table' ? new Set(labels) : [Number(operand)]) {
      const scope = this.scopes.at(-1 - label);
      if (scope !== undefined && !this.scope().isUnreachable) {
        scope.arriving = this.meeting(scope.arriving, this.state);
      }
    }
    if (instruction.name !== 'br_if') {
      this.becomeUnreachable();
    }
  }

  private leaveThen(): void {
    const scope = this.scope();
    if (!scope.isUnreachable) {
      scope.arriving = this.meeting(scope.arriving, this.state);
    }
    this.state = scope.otherwise ?? FollowedState.empty();
    scope.otherwise = undefined;
    this.stack.length = scope.height;
    scope.isUnreachable = false;
  }

  private leave(): void {
    const scope = this.scope();
    this.scopes.pop();
    const results = scope.isUnreachable ? [] : this.stack.slice(scope.height);
    this.stack.length = scope.height;
    for (let result = 0; result < scope.results; result++) {
      // Other paths may bring other values here; that this one's was loaded is what the price depends on.
      const value = results[result] ?? COMPUTED;
      this.push(value.origin === 'loaded' ? value : COMPUTED);
    }
    const { loop, arriving, otherwise } = scope;
    const behind = loop === undefined ? [arriving, otherwise] : [otherwise];
    this.state =
      behind.reduce(
        (met, each) => (each === undefined ? met : this.meeting(met, each)),
        scope.isUnreachable ? undefined : this.state,
      ) ?? FollowedState.empty();
    if (loop !== undefined && arriving !== undefined) {
      this.backAtHeads.set(loop, arriving);
    }
    if (scope.isUnreachable && behind.every((each) => each === undefined)) {
      const outer = this.scopes.at(-1);
      if (outer !== undefined) {
        outer.isUnreachable = true;
      }
    }
  }

  private becomeUnreachable(): void {
    const scope = this.scope();
    this.stack.length = scope.height;
    scope.isUnreachable = true;
  }

  private open(height: number, results: number, loop: number | undefined): Scope {
    const scope = { height, results, loop, isUnreachable: false, arriving: undefined, otherwise: undefined };
    this.scopes.push(scope);
    return scope;
  }

  private copy(): FollowedState {
    return this.canCopy(this.state.size) ? this.state.copy() : FollowedState.empty();
  }

  private meeting(one: FollowedState | undefined, other: FollowedState): FollowedState {
    if (!this.canCopy(other.size + (one?.size ?? 0))) {
      return FollowedState.empty();
    }
    return one === undefined ? other.copy() : one.meet(other);
  }

  private canCopy(size: number): boolean {
    this.copies -= size;
    return this.copies >= 0;
  }

  private scope(): Scope {
    const scope = this.scopes.at(-1);
    if (scope === undefined) {
      throw new MalformedModule('has a function that goes on behind its end');
    }
    return scope;
  }

  private push(value: Value): void {
    this.stack.push(value);
  }

  /** Behind a jump anything may be taken from the stack; elsewhere what is missing is the module's fault. */
  private pop(): Value {
    const scope = this.scope();
    if (this.stack.length > scope.height) {
      return this.stack.pop()!;
    }
    if (!scope.isUnreachable) {
      throw new MalformedModule('takes more values than it has');
    }
    return COMPUTED;
  }
}
