import type { LineScanner } from '../input/lines';
import { baseName, siteOfStack, type Frame } from './call-stack';

/**
 * What heaptrack's files say of backtraces, which are nodes of a tree. Numbers are hexadecimal and count from 1.
 *
 *     m LEN PATH BASE (START SIZE)*           raw: where a module lies; x is the program, of `x LEN PATH`
 *     t ADDRESS PARENT                        raw: a node
 *     s LEN TEXT                              interpreted: a text
 *     i ADDRESS MODULE (FUNCTION FILE LINE)*  interpreted: an address, inlined calls innermost first
 *     t ADDRESS-NUMBER PARENT                 interpreted: a node
 *
 * The lengths came with the third version of the file.
 */

/** More nodes, texts or modules than any program has are not remembered: their sites keep their numbers. */
const ENTRIES_MAX = 1 << 20;
const DEPTH_MAX = 16;
const LENGTHS_SINCE = 3;

/** Between a module and an address in it whose function is not known. */
const UNNAMED = '@';

interface Node {
  /** An address, or the number of one. */
  readonly address: number;
  readonly parent: number;
}

interface Module {
  readonly name: string;
  readonly base: number;
  readonly end: number;
}

export class HeaptrackStacks {
  private hasLengths = true;
  private program = '';
  private modules: Module[] = [];
  private readonly texts: string[] = [''];
  private readonly frames: (readonly Frame[])[] = [[]];
  private readonly nodes: Node[] = [{ address: 0, parent: 0 }];
  private readonly sites = new Map<number, string>();

  /** Takes a line that is neither an allocation nor a free. */
  line(line: LineScanner): void {
    const kind = line.take('v ')
      ? this.version
      : line.take('t ')
        ? this.node
        : line.take('s ')
          ? this.text
          : line.take('i ')
            ? this.instruction
            : line.take('m ')
              ? this.module
              : line.take('x ')
                ? this.executable
                : undefined;
    kind?.call(this, line);
  }

  /** Who the backtrace of that number says asked for memory; empty where it names nobody. */
  siteOf(trace: number): string {
    const known = this.sites.get(trace);
    if (known !== undefined) {
      return known;
    }
    const frames: Frame[] = [];
    for (let node = this.nodes[trace]; frames.length < DEPTH_MAX && node?.address;) {
      frames.push(...this.framesAt(node.address));
      node = this.nodes[node.parent];
    }
    const site = frames.some(({ name }) => !name.includes(UNNAMED)) ? siteOfStack(frames) : '';
    if (this.sites.size < ENTRIES_MAX) {
      this.sites.set(trace, site);
    }
    return site;
  }

  private framesAt(address: number): readonly Frame[] {
    if (this.frames.length > 1) {
      return this.frames[address] ?? [];
    }
    const module = this.modules.find(({ base, end }) => address >= base && address < end);
    return module === undefined
      ? []
      : [{ name: `${module.name}+0x${(address - module.base).toString(16)}`, place: '' }];
  }

  private version(line: LineScanner): void {
    line.takeWord();
    line.takeBlanks();
    this.hasLengths = (line.takeHex() ?? 0) >= LENGTHS_SINCE;
  }

  private node(line: LineScanner): void {
    const [address, parent] = numbersOf(line);
    // A node's parent was there before it, so that no walk goes in circles.
    const isNode = address !== undefined && parent !== undefined && parent < this.nodes.length;
    if (this.nodes.length < ENTRIES_MAX) {
      this.nodes.push(isNode ? { address, parent } : { address: 0, parent: 0 });
    }
  }

  private text(line: LineScanner): void {
    if (this.hasLengths) {
      line.takeHex();
      line.step();
    }
    if (this.texts.length < ENTRIES_MAX) {
      this.texts.push(utf8(line.text()));
    }
  }

  private instruction(line: LineScanner): void {
    const [address = 0, module = 0, ...calls] = numbersOf(line);
    const moduleName = baseName(this.texts[module] ?? '');
    const frames: Frame[] = [];
    for (let at = 0; at + 2 < calls.length; at += 3) {
      const [name, file, number] = [this.texts[calls[at]!], this.texts[calls[at + 1]!], calls[at + 2]!];
      if (name === undefined || name === '') {
        continue;
      }
      frames.push({ name, place: file ? `${baseName(file)}:${number}` : moduleName });
    }
    const unnamed = [{ name: `${moduleName}${UNNAMED}${address.toString(16)}`, place: '' }];
    if (this.frames.length < ENTRIES_MAX) {
      this.frames.push(frames.length > 0 ? frames : unnamed);
    }
  }

  private executable(line: LineScanner): void {
    this.program = baseName(this.path(line));
  }

  private module(line: LineScanner): void {
    const path = this.path(line);
    if (path === '-') {
      this.modules = [];
      return;
    }
    line.takeBlanks();
    const [base, ...ranges] = numbersOf(line);
    if (base === undefined || this.modules.length >= ENTRIES_MAX) {
      return;
    }
    let end = base;
    for (let at = 0; at + 1 < ranges.length; at += 2) {
      end = Math.max(end, base + ranges[at]! + ranges[at + 1]!);
    }
    this.modules.push({ name: path === 'x' ? this.program : baseName(path), base, end });
  }

  private path(line: LineScanner): string {
    if (!this.hasLengths) {
      return utf8(line.takeWord());
    }
    const length = line.takeHex() ?? 0;
    line.step();
    const from = line.column;
    line.moveTo(Math.min(from + length, from + line.text().length));
    return utf8(line.text(from, line.column));
  }
}

function numbersOf(line: LineScanner): number[] {
  const numbers: number[] = [];
  for (let number = line.takeHex(); number !== undefined; number = line.takeHex()) {
    numbers.push(number);
    if (!line.take(' ')) {
      break;
    }
  }
  return numbers;
}

const utf8 = (text: string): string => Buffer.from(text, 'latin1').toString('utf8');
