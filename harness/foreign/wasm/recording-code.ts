import { CONTROL, CONTROL_WORDS, ENTRIES_END } from '../memory-map';
import { ByteWriter } from './bytes';
import { NO_RESULT, OP, WORD_ALIGN } from './emitted';
import { F32, F64, I32, I64 } from './opcodes';

/**
 * The code that a recording function has beside its own: its added variables, and how position and fuel go in and out
 * of them. Everything here leaves the operand stack as it finds it.
 */

/** The variables added to a function, in this order behind its own. */
export const ADDED_VARIABLES = [
  { name: 'position', type: I32 },
  { name: 'fuel', type: I32 },
  { name: 'address', type: I32 },
  { name: 'wideAddress', type: I64 },
  { name: 'i32', type: I32 },
  { name: 'otherI32', type: I32 },
  { name: 'i64', type: I64 },
  { name: 'otherI64', type: I64 },
  { name: 'f32', type: F32 },
  { name: 'f64', type: F64 },
] as const;
export type AddedVariable = (typeof ADDED_VARIABLES)[number]['name'];

/** The variable that keeps a value of a type while the address below it is looked at. */
export function variableFor(type: number, place: number): AddedVariable {
  switch (type) {
    case I32:
      return place === 0 ? 'i32' : 'otherI32';
    case I64:
      return place === 0 ? 'i64' : 'otherI64';
    default:
      return type === F32 ? 'f32' : 'f64';
  }
}

export class RecordingCode {
  readonly out = new ByteWriter();

  /**
   * @param ownVariables how many the function has already, parameters included
   * @param entriesMax entries that it may append between two looks at the ring
   * @param refresh the function that makes room in the ring and fills up the fuel
   */
  constructor(
    private readonly ownVariables: number,
    private readonly entriesMax: number,
    private readonly refresh: number,
  ) {}

  get(name: AddedVariable): this {
    this.out.byte(OP.localGet).unsigned(this.index(name));
    return this;
  }

  set(name: AddedVariable): this {
    this.out.byte(OP.localSet).unsigned(this.index(name));
    return this;
  }

  tee(name: AddedVariable): this {
    this.out.byte(OP.localTee).unsigned(this.index(name));
    return this;
  }

  /** Takes position and fuel from the control block, where the caller or the harness left them. */
  take(): void {
    this.loadWord(CONTROL_WORDS.position, 'position');
    this.loadWord(CONTROL_WORDS.fuel, 'fuel');
  }

  /** Leaves position and fuel in the control block. */
  give(): void {
    this.storeWord(CONTROL_WORDS.position, 'position');
    this.storeWord(CONTROL_WORDS.fuel, 'fuel');
  }

  /** Asks for a refresh where fuel or ring may not last until the next look. */
  look(): void {
    const { out } = this;
    this.get('fuel');
    out.byte(OP.i32Const).signed32(0).byte(OP.i32LtS);
    if (this.entriesMax > 0) {
      this.ringIsNearlyFull();
      out.byte(OP.i32Or);
    }
    this.refreshIf();
  }

  /** Behind a call only the ring can be short: whoever was called has looked at the fuel. */
  lookAtRing(): void {
    if (this.entriesMax > 0) {
      this.ringIsNearlyFull();
      this.refreshIf();
    }
  }

  private index(name: AddedVariable): number {
    return this.ownVariables + ADDED_VARIABLES.findIndex((variable) => variable.name === name);
  }

  private ringIsNearlyFull(): void {
    this.get('position');
    const limit = ENTRIES_END - 4 * (this.entriesMax + 1);
    this.out.byte(OP.i32Const).signed32(limit).byte(OP.i32GtU);
  }

  private refreshIf(): void {
    const { out } = this;
    out.byte(OP.if).byte(NO_RESULT);
    this.give();
    out.byte(OP.call).unsigned(this.refresh);
    this.take();
    out.byte(OP.end);
  }

  private storeWord(word: number, variable: AddedVariable): void {
    this.out.byte(OP.i32Const).signed32(CONTROL);
    this.get(variable);
    this.out.byte(OP.i32Store).unsigned(WORD_ALIGN).unsigned(word);
  }

  private loadWord(word: number, variable: AddedVariable): void {
    this.out.byte(OP.i32Const).signed32(CONTROL);
    this.out.byte(OP.i32Load).unsigned(WORD_ALIGN).unsigned(word);
    this.set(variable);
  }
}
