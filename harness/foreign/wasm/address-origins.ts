import { MalformedModule } from './malformed-module';
import { NO_BLOCK_TYPE, type Operation } from './instructions';
import type { FunctionType, ModuleImage } from './module';

/**
 * Where the address of every memory access of a function comes from, as far as its code says so: what prices a load
 * as a pointer chase, and what tells the function's own frame from the allocator's memory.
 *
 * Values are followed through the operand stack exactly and through local variables from assignment to use; where
 * paths meet, a variable may hold what any of its assignments put there.
 */

export type Origin =
  /** Computed from arguments and constants: known as soon as the call begins. */
  | 'computed'
  /** Loaded, or computed from what was loaded: the access cannot begin before that load has ended. */
  | 'loaded'
  /** In the function's frame on the shadow stack. */
  | 'frame'
  /** A constant: a global variable. */
  | 'constant';

export interface AddressOrigin {
  readonly origin: Origin;
  /** The constant, where it is one and known. */
  readonly value: number | undefined;
}

interface Value {
  readonly origin: Origin;
  readonly constant: bigint | undefined;
}

const COMPUTED: Value = { origin: 'computed', constant: undefined };
const LOADED: Value = { origin: 'loaded', constant: undefined };
const FRAME: Value = { origin: 'frame', constant: undefined };

/** Instructions whose result is an address when an operand is one. */
const ADDRESS_ARITHMETIC = /^i(32|64)\.(add|sub|and|or|xor|mul|shl|shr_[su]|rotl|rotr|wrap_i64|extend.*)$/;

interface Scope {
  readonly height: number;
  readonly results: number;
  readonly isLoop: boolean;
  isUnreachable: boolean;
}

/** The origins of a function's accesses, by the index of their operation. */
export function addressOrigins(
  image: ModuleImage,
  type: FunctionType,
  operations: readonly Operation[],
  stackPointer: number | undefined,
): ReadonlyMap<number, AddressOrigin> {
  // The first passes learn what the variables may hold; assignments of assignments need another round each.
  const held = new Map<number, Value>();
  for (let round = 0; round < 2; round++) {
    new Follower(image, type, operations, stackPointer, held).follow();
  }
  return new Follower(image, type, operations, stackPointer, held).follow();
}

class Follower {
  private readonly stack: Value[] = [];
  private readonly scopes: Scope[] = [];
  /** What the variables hold on the path under way; absent where only `held` knows. */
  private readonly current = new Map<number, Value>();
  private readonly origins = new Map<number, AddressOrigin>();

  constructor(
    private readonly image: ModuleImage,
    type: FunctionType,
    private readonly operations: readonly Operation[],
    private readonly stackPointer: number | undefined,
    /** What all assignments of a variable, in the passes so far, may have put there. */
    private readonly held: Map<number, Value>,
  ) {
    this.scopes.push({ height: 0, results: type.results.length, isLoop: false, isUnreachable: false });
    type.params.forEach((_, index) => this.hold(index, COMPUTED));
  }

  follow(): ReadonlyMap<number, AddressOrigin> {
    this.operations.forEach((operation, index) => this.step(operation, index));
    return this.origins;
  }

  private step(operation: Operation, index: number): void {
    const { instruction, operand } = operation;
    if (instruction.access !== undefined) {
      return this.access(operation, index);
    }
    switch (instruction.immediate) {
      case 'block type':
        return this.enter(operation);
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
      case 'br':
      case 'br_table':
      case 'return':
      case 'unreachable':
        return this.unreachable();
      case 'drop':
        this.pop();
        return;
      case 'select':
        return this.select();
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
    leaves.forEach(() => this.push(ADDRESS_ARITHMETIC.test(name) ? combined(operands) : dependent(operands)));
  }

  private access({ instruction, offset }: Operation, index: number): void {
    instruction.access!.values.forEach(() => this.pop());
    const { origin, constant } = this.pop();
    const value = constant === undefined ? undefined : Number(constant + offset);
    this.origins.set(index, { origin, value });
    instruction.leaves.forEach(() => this.push(LOADED));
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
      return this.push(this.current.get(index) ?? this.held.get(index) ?? COMPUTED);
    }
    const value = this.pop();
    this.hold(index, value);
    if (verb === 'local.tee') {
      this.push(value);
    }
  }

  private hold(index: number, value: Value): void {
    const before = this.held.get(index);
    this.held.set(index, before === undefined ? value : joined(before, value));
    this.current.set(index, value);
  }

  private select(): void {
    this.pop();
    this.push(joined(this.pop(), this.pop()));
  }

  private enter({ instruction, operand }: Operation): void {
    if (instruction.name === 'if') {
      this.pop();
    }
    const type = operand >= 0n ? this.image.types[Number(operand)] : undefined;
    const results = type?.results.length ?? (operand === NO_BLOCK_TYPE ? 0 : 1);
    const params = (type?.params ?? []).map(() => this.pop()).reverse();
    const height = this.stack.length;
    params.forEach((value) => this.push(value));
    const isLoop = instruction.name === 'loop';
    this.scopes.push({ height, results, isLoop, isUnreachable: false });
    if (isLoop) {
      this.current.clear();
    }
  }

  private leaveThen(): void {
    const scope = this.scope();
    this.stack.length = scope.height;
    scope.isUnreachable = false;
    this.current.clear();
  }

  private leave(): void {
    const scope = this.scope();
    this.scopes.pop();
    const results = scope.isUnreachable ? [] : this.stack.slice(scope.height);
    this.stack.length = scope.height;
    for (let result = 0; result < scope.results; result++) {
      // Other paths may bring other values here; that this one's was loaded is what the price depends on.
      this.push(results[result]?.origin === 'loaded' ? LOADED : COMPUTED);
    }
    this.current.clear();
  }

  private unreachable(): void {
    const scope = this.scope();
    this.stack.length = scope.height;
    scope.isUnreachable = true;
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

/** What arithmetic makes of its operands: an address moved by a number is an address of the same origin. */
function combined(operands: readonly Value[]): Value {
  if (operands.some(({ origin }) => origin === 'loaded')) {
    return LOADED;
  }
  if (operands.some(({ origin }) => origin === 'frame')) {
    return operands.every(({ origin }) => origin === 'frame' || origin === 'constant') ? FRAME : COMPUTED;
  }
  return COMPUTED;
}

/** Comparisons, bit scans, conversions: no address, but one computed with it waits for the same load. */
function dependent(operands: readonly Value[]): Value {
  return operands.some(({ origin }) => origin === 'loaded') ? LOADED : COMPUTED;
}

function joined(one: Value, other: Value): Value {
  if (one.origin === 'loaded' || other.origin === 'loaded') {
    return LOADED;
  }
  if (one.origin === 'frame' && other.origin === 'frame') {
    return FRAME;
  }
  const isSame = one.origin === 'constant' && other.origin === 'constant' && one.constant === other.constant;
  return isSame ? one : COMPUTED;
}
