/** The parts of a line of ltrace's: each verb moves the scanner over what it takes, or leaves it where it was. */
import { NULL_ADDRESS, type AddressKey, type LineScanner } from '../input/lines';

/** ltrace prints memory that it takes for a name when a process is coming or going. */
const CONTROL_CHARACTER = /[\0-\x1f\x7f]/;

/** What every spelling of an allocator's name has somewhere. */
const ALLOCATOR_MENTIONS = ['alloc(', 'free(', 'memalign(', '_Zn', '_Zd', 'operator '];

const COLON = 0x3a;
const POINT = 0x2e;
const AT = 0x40;
const PARENTHESIS = 0x28;
const BLANK = 0x20;

/** `8718 ` under -f, `[pid 8718] ` when it goes to a terminal; 0 if the line says none. */
export function takePid(line: LineScanner): number {
  const start = line.column;
  const isBracketed = line.take('[pid ');
  if (isBracketed) {
    line.takeBlanks();
  }
  const pid = line.takeDecimal();
  if (pid !== undefined && (!isBracketed || line.take(']')) && line.takeBlanks()) {
    return pid;
  }
  line.moveTo(start);
  return 0;
}

/** All times that stand here: -r and -t may be asked for together. */
export function takeTimes(line: LineScanner): void {
  let isTime: boolean;
  do {
    isTime = takeTime(line);
  } while (isTime);
}

/** A time of -t, -tt, -ttt or -r: `00:08:04.501158 `, `1700000000.501158 `, `  0.000123 `. Says if there is one. */
function takeTime(line: LineScanner): boolean {
  line.takeBlanks();
  const start = line.column;
  const isTime = line.takeDecimal() !== undefined && (line.byte === COLON || line.byte === POINT);
  if (isTime) {
    line.takeWord();
  }
  if (isTime && line.takeBlanks()) {
    return true;
  }
  line.moveTo(start);
  return false;
}

/** `[0x5500001230] ` of -i. */
export function takeInstructionPointer(line: LineScanner): void {
  const start = line.column;
  const isPointer = line.take('[0x') && line.takeHexAddress() !== undefined && line.take(']');
  if (!isPointer) {
    line.moveTo(start);
  }
}

/** The name of the calling object stands before an arrow, and no argument before it. Says whether it is a name. */
export function skipLibrary(line: LineScanner): boolean {
  const start = line.column;
  const afterArrow = line.seek('->') ? line.column : undefined;
  line.moveTo(start);
  const afterParenthesis = line.seek('(') ? line.column : 0;
  const hasLibrary = afterArrow !== undefined && afterArrow < afterParenthesis;
  line.moveTo(hasLibrary ? afterArrow : start);
  return !hasLibrary || !CONTROL_CHARACTER.test(line.text(start, afterArrow));
}

/** A function's name, its parameters if it is a demangled operator, its library, and `(` if one follows. */
export function takeName(line: LineScanner): string {
  const start = line.column;
  if (line.take('operator new') || line.take('operator delete')) {
    line.take('[]');
    if (line.take('(unsigned ') || line.take('(void*')) {
      line.seek(')');
    }
  } else {
    line.takeIdentifier();
  }
  const name = line.text(start, line.column);
  if (line.byte === AT) {
    skipVersion(line);
  }
  line.take('(');
  return name;
}

/** `@libc.so.6` behind a name that -x found in that library. */
function skipVersion(line: LineScanner): void {
  while (!line.atEnd && line.byte !== PARENTHESIS && line.byte !== BLANK) {
    line.step();
  }
}

/** Whether the name of an allocator's function stands anywhere in the line. */
export function mentionsAllocator(line: LineScanner): boolean {
  return ALLOCATOR_MENTIONS.some((mention) => {
    line.moveTo(1);
    return line.seek(mention);
  });
}

export function takeArguments(line: LineScanner): AddressKey[] {
  const values: AddressKey[] = [];
  do {
    const value = takeNumber(line);
    if (value === undefined) {
      break;
    }
    values.push(value);
  } while (line.take(', '));
  return values;
}

export function takeResult(line: LineScanner): AddressKey | undefined {
  line.takeBlanks();
  if (!line.take('= ')) {
    return undefined;
  }
  return line.take('<void>') ? NULL_ADDRESS : takeNumber(line);
}

function takeNumber(line: LineScanner): AddressKey | undefined {
  if (line.take('0x')) {
    return line.takeHexAddress();
  }
  if (line.take('nil') || line.take('(nil)') || line.take('NULL')) {
    return NULL_ADDRESS;
  }
  if (!line.take('-')) {
    return line.takeDecimal();
  }
  const magnitude = line.takeDecimal();
  return magnitude === undefined ? undefined : -magnitude;
}
