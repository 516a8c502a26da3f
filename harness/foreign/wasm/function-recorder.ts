import { CHASE, LOAD } from '../../machine/access-stream';
import { NULL_ZONE_BYTES } from '../../machine/linear-memory';
import { HEAP_BASE } from '../../machine/memory-layout';
import { CONTROL_WORDS, ENTRIES, ENTRIES_END, WASM_PAGE_BYTES } from '../memory-map';
import { addToWord } from './added-functions';
import { addressOrigins, type AddressOrigin } from './address-origins';
import { ByteReader, ByteWriter } from './bytes';
import { NO_RESULT, OP, WORD_ALIGN } from './emitted';
import { decodeOperations, type Operation } from './instructions';
import { MalformedModule } from './malformed-module';
import type { FunctionBody, FunctionType, ModuleImage } from './module';
import { isBitScan } from './opcodes';
import { ADDED_VARIABLES, RecordingCode, variableFor } from './recording-code';
import { unitsOf } from './weights';

/**
 * Rewrites one function so that it records what it does: every access to memory is appended to the ring, the
 * instructions of every straight stretch are taken from the fuel. Where the ring could overflow before the next look
 * at it, or the fuel is used up, the harness is called. In a module with 64-bit addresses every address becomes one of
 * the 32-bit memory that Node runs, and one that does not fit is a fault.
 *
 * Position in the ring and fuel are local variables, so that a processor keeps them in registers; calls and returns
 * pass them on through the control block.
 */

/** What a function needs to know of the module that it will stand in. */
export interface RecordingPlan {
  readonly image: ModuleImage;
  /** Index of LLVM's shadow-stack pointer among the globals, where there is one. */
  readonly stackPointer: number | undefined;
  /** Where a function of the original module stands in the recording one. */
  readonly functionIndex: (original: number) => number;
  /** Called when the ring is nearly full or the fuel used up. */
  readonly refresh: number;
  readonly heapBytes: number;
  /** Says of an address outside the heap by how much the ring's position is taken back; throws where nothing lies. */
  readonly outside: number;
  readonly copy: number;
  readonly fill: number;
  /** Told of every store that outlives its call, where anybody is. */
  readonly journal: number | undefined;
  /** Index of a type without parameters for results that a block type cannot name by itself. */
  readonly resultsType: (results: readonly number[]) => number;
  /** Where pieces are told: `pieceOf` says to which place in the source an instruction belongs, by its position. */
  readonly pieces: { readonly told: number; readonly pieceOf: (position: number) => number } | undefined;
}

/** Where instructions went: positions in the original file and in the rewritten body, ascending. */
export interface RecordedFunction {
  readonly body: Uint8Array;
  readonly origins: readonly { readonly from: number; readonly at: number }[];
}

export function recordFunction(
  plan: RecordingPlan,
  type: FunctionType,
  { locals, code }: FunctionBody,
): RecordedFunction {
  const operations = decodeOperations(new ByteReader(code.bytes, code.position, code.end));
  const ownLocals = locals.reduce((sum, { count }) => sum + count, type.params.length);
  if (ownLocals > LOCALS_MAX) {
    throw new MalformedModule(`has a function of ${ownLocals} variables`);
  }
  const recorder = new FunctionRecorder(plan, type, operations, ownLocals);
  const instructions = recorder.record();
  const body = new ByteWriter();
  body.vector([...locals, ...ADDED_VARIABLES.map((added) => ({ count: 1, type: added.type }))], (local) =>
    body.unsigned(local.count).byte(local.type),
  );
  const shift = body.length;
  body.bytes(instructions);
  return {
    body: body.finish().slice(),
    origins: recorder.origins.map(({ from, at }) => ({ from, at: at + shift })),
  };
}

/** V8's own limit is 50,000. */
const LOCALS_MAX = 40_000;

class FunctionRecorder {
  readonly origins: { from: number; at: number }[] = [];
  private readonly code: RecordingCode;
  private readonly out: ByteWriter;
  private readonly is64: boolean;
  private readonly dataEnd: number;
  private readonly addresses: ReadonlyMap<number, AddressOrigin>;
  private depth = 0;
  /** Of the stretch under way. */
  private units = 0;
  private bitScans = 0;
  private frameAccesses = 0;
  private piece = 0;
  private pieceIsOpen = false;

  constructor(
    private readonly plan: RecordingPlan,
    private readonly type: FunctionType,
    private readonly operations: readonly Operation[],
    ownLocals: number,
  ) {
    const { image, stackPointer } = plan;
    this.is64 = image.memory.is64;
    this.dataEnd = image.memory.pages * WASM_PAGE_BYTES;
    this.addresses = addressOrigins(image, type, operations, stackPointer);
    const entriesMax = operations.filter(({ instruction }) => instruction.access !== undefined).length;
    if (4 * (entriesMax + 1) > ENTRIES_END - ENTRIES) {
      throw new MalformedModule(`has a function of ${entriesMax} memory accesses`);
    }
    this.code = new RecordingCode(ownLocals, entriesMax, plan.refresh);
    this.out = this.code.out;
  }

  record(): Uint8Array {
    const { out, type } = this;
    this.code.take();
    this.code.look();
    out.byte(OP.block);
    this.resultType(type.results);
    this.operations.forEach((operation, index) => this.rewrite(operation, index));
    // The function's own end has closed the block; what is on the stack are its results.
    this.code.give();
    out.byte(OP.end);
    return out.finish();
  }

  private rewrite(operation: Operation, index: number): void {
    const { instruction } = operation;
    this.origins.push({ from: operation.start, at: this.out.length });
    this.count(operation, this.operations[index - 1]);
    if (instruction.access !== undefined) {
      return this.access(operation, index);
    }
    switch (instruction.name) {
      case 'block':
        this.depth++;
        return this.keep(operation);
      case 'if':
        this.endStretch();
        this.depth++;
        return this.keep(operation);
      case 'loop':
        this.endStretch();
        this.depth++;
        this.keep(operation);
        return this.code.look();
      case 'end':
        this.endStretch();
        this.depth--;
        return this.keep(operation);
      case 'else':
      case 'br':
      case 'br_if':
      case 'br_table':
      case 'unreachable':
        this.endStretch();
        return this.keep(operation);
      case 'return':
        this.endStretch();
        this.out.byte(OP.br).unsigned(this.depth);
        return;
      default:
        return this.rewritePlain(operation);
    }
  }

  private rewritePlain(operation: Operation): void {
    const { out, plan, is64 } = this;
    switch (operation.instruction.name) {
      case 'call':
        return this.call(() => out.byte(OP.call).unsigned(plan.functionIndex(Number(operation.operand))));
      case 'call_indirect':
        if (plan.image.tables[0]?.is64 === true) {
          out.byte(OP.i32WrapI64);
        }
        return this.call(() => this.keep(operation));
      case 'ref.func':
        out.byte(OP.refFunc).unsigned(plan.functionIndex(Number(operation.operand)));
        return;
      case 'memory.size':
        this.addressConstant(plan.image.memory.pages);
        return;
      case 'memory.grow':
        // The memory is as large as it will be: growing fails, as the specification allows.
        out.byte(OP.drop);
        this.addressConstant(-1);
        return;
      case 'memory.copy':
        return this.call(() => out.byte(OP.call).unsigned(plan.copy));
      case 'memory.fill':
        return this.call(() => out.byte(OP.call).unsigned(plan.fill));
      case 'memory.init':
        if (is64) {
          this.code.set('i32').set('otherI32');
          out.byte(OP.i32WrapI64);
          this.code.get('otherI32').get('i32');
        }
        return this.keep(operation);
      default:
        return this.keep(operation);
    }
  }

  /** An access, recorded before it is made. */
  private access(operation: Operation, index: number): void {
    const { out, plan } = this;
    const address = this.addresses.get(index);
    const access = operation.instruction.access!;
    const values = access.values.map((type, place) => variableFor(type, place));
    [...values].reverse().forEach((name) => this.code.set(name));
    this.takeAddress(operation.offset);
    if (address === undefined || address.origin !== 'frame') {
      this.recordAccess(access.kind, address);
    } else {
      this.frameAccesses++;
    }
    if (plan.journal !== undefined && access.kind !== LOAD && address?.origin !== 'frame') {
      this.code.get('address');
      out.byte(OP.i32Const).signed32(access.bytes).byte(OP.call).unsigned(plan.journal);
    }
    this.code.get('address');
    values.forEach((name) => this.code.get(name));
    this.accessWithoutOffset(operation);
  }

  /** The address on the stack, with what the instruction adds to it, goes to the variables. */
  private takeAddress(offset: bigint): void {
    const { out } = this;
    if (!this.is64) {
      if (offset !== 0n) {
        out.byte(OP.i32Const).signed32(Number(BigInt.asIntN(32, offset)));
        out.byte(OP.i32Add);
      }
      this.code.set('address');
      return;
    }
    if (offset !== 0n) {
      out.byte(OP.i64Const).signed(BigInt.asIntN(64, offset));
      out.byte(OP.i64Add);
    }
    this.code.tee('wideAddress');
    out.byte(OP.i32WrapI64);
    this.code.set('address');
  }

  private recordAccess(kind: number, address: AddressOrigin | undefined): void {
    const { out } = this;
    const entryKind = kind === LOAD && address?.waits === true ? CHASE : kind;
    const known = address?.value;
    const isGlobal = known !== undefined && known >= NULL_ZONE_BYTES && known < this.dataEnd;
    this.code.get('position');
    if (isGlobal) {
      out.byte(OP.i32Const).signed32((known & ~3) | entryKind);
    } else {
      this.code.get('address');
      out.byte(OP.i32Const).signed32(~3).byte(OP.i32And);
      if (entryKind !== LOAD) {
        out.byte(OP.i32Const).signed32(entryKind).byte(OP.i32Or);
      }
    }
    out.byte(OP.i32Store).unsigned(WORD_ALIGN).unsigned(0);
    this.code.get('position');
    out.byte(OP.i32Const).signed32(4).byte(OP.i32Add);
    this.code.set('position');
    if (!isGlobal) {
      this.askAboutOutside();
    }
  }

  /** Addresses outside the heap are rare: globals reached by pointers, the shadow stack, page records, faults. */
  private askAboutOutside(): void {
    const { out, plan } = this;
    const address = this.is64 ? 'wideAddress' : 'address';
    this.code.get(address);
    if (this.is64) {
      out.byte(OP.i64Const).signed(BigInt(HEAP_BASE)).byte(OP.i64Sub);
      out.byte(OP.i64Const).signed(BigInt(plan.heapBytes)).byte(OP.i64GeU);
    } else {
      out.byte(OP.i32Const).signed32(HEAP_BASE).byte(OP.i32Sub);
      out.byte(OP.i32Const).signed32(plan.heapBytes).byte(OP.i32GeU);
    }
    out.byte(OP.if).byte(NO_RESULT);
    this.code.get('position').get(address);
    out.byte(OP.call).unsigned(plan.outside).byte(OP.i32Sub);
    this.code.set('position');
    out.byte(OP.end);
  }

  private accessWithoutOffset({ instruction, align }: Operation): void {
    const { code } = instruction;
    if (code < 0x100) {
      this.out.byte(code);
    } else {
      this.out.byte(code >> 8).unsigned(code & 0xff);
    }
    this.out.unsigned(align).unsigned(0);
  }

  /** What every instruction adds to the stretch that it stands in. */
  private count(operation: Operation, before: Operation | undefined): void {
    const { instruction, start } = operation;
    const units = unitsOf(instruction, before?.instruction);
    if (this.plan.pieces !== undefined && (units > 0 || instruction.access !== undefined)) {
      const piece = this.plan.pieces.pieceOf(start);
      if (this.pieceIsOpen && piece !== this.piece) {
        this.endStretch();
      }
      this.piece = piece;
      this.pieceIsOpen = true;
    }
    this.units += units;
    if (isBitScan(instruction)) {
      this.bitScans++;
    }
  }

  /** Pays for the straight stretch that ends here; leaves the operand stack as it is. */
  private endStretch(): void {
    const { out } = this;
    if (this.units > 0) {
      this.code.get('fuel');
      out.byte(OP.i32Const).signed32(this.units).byte(OP.i32Sub);
      this.code.set('fuel');
    }
    if (this.bitScans > 0) {
      addToWord(out, CONTROL_WORDS.bitScans, this.bitScans);
    }
    if (this.frameAccesses > 0) {
      addToWord(out, CONTROL_WORDS.frameAccesses, this.frameAccesses);
    }
    this.units = 0;
    this.bitScans = 0;
    this.frameAccesses = 0;
    if (this.pieceIsOpen) {
      this.pieceIsOpen = false;
      this.code.give();
      out.byte(OP.i32Const).signed32(this.piece);
      out.byte(OP.call).unsigned(this.plan.pieces!.told);
      this.code.take();
    }
  }

  /** Calls with position and fuel in the control block; the operands are on the stack already. */
  private call(emit: () => void): void {
    this.endStretch();
    this.code.give();
    emit();
    this.code.take();
    this.code.lookAtRing();
  }

  private resultType(results: readonly number[]): void {
    if (results.length === 0) {
      this.out.byte(NO_RESULT);
    } else if (results.length === 1) {
      this.out.byte(results[0]!);
    } else {
      this.out.signed(BigInt(this.plan.resultsType(results)));
    }
  }

  private addressConstant(value: number): void {
    if (this.is64) {
      this.out.byte(OP.i64Const).signed(BigInt(value));
    } else {
      this.out.byte(OP.i32Const).signed32(value);
    }
  }

  private keep({ start, end }: Operation): void {
    this.out.bytes(this.bytesOf(start, end));
  }

  private bytesOf(start: number, end: number): Uint8Array {
    return this.plan.image.bytes.subarray(start, end);
  }
}
