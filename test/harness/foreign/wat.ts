import { ByteWriter } from '../../../harness/foreign/wasm/bytes';

/** Modules made by hand, section by section, for what no compiler would write. */

const I32 = 0x7f;
export const F32 = 0x7d;

export interface HandMade {
  readonly types?: readonly { readonly params: readonly number[]; readonly results: readonly number[] }[];
  readonly imports?: readonly { readonly module: string; readonly name: string; readonly type: number }[];
  /** Type and instructions of each function, without its last `end`. */
  readonly functions?: readonly { readonly type: number; readonly code: readonly number[] }[];
  readonly memoryPages?: number;
  /** What 32-bit variables start with, each mutable. */
  readonly globals?: readonly number[];
  readonly exports?: Readonly<Record<string, number>>;
  readonly start?: number;
}

export function handMade(made: HandMade): Uint8Array {
  const { types = [], imports = [], functions = [], exports: named = {}, memoryPages, globals, start } = made;
  const module = new ByteWriter().bytes([0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00]);
  const section = (id: number, write: (part: ByteWriter) => void): void => {
    const part = new ByteWriter();
    write(part);
    module.byte(id).sized(part);
  };
  section(1, (part) =>
    part.vector(types, ({ params, results }) => {
      part.byte(0x60);
      part.vector(params, (type) => part.byte(type));
      part.vector(results, (type) => part.byte(type));
    }),
  );
  section(2, (part) =>
    part.vector(imports, (each) => part.name(each.module).name(each.name).byte(0).unsigned(each.type)),
  );
  section(3, (part) => part.vector(functions, ({ type }) => part.unsigned(type)));
  if (memoryPages !== undefined) {
    section(5, (part) => part.unsigned(1).byte(0).unsigned(memoryPages));
  }
  if (globals !== undefined) {
    section(6, (part) =>
      part.vector(globals, (initial) => part.bytes([I32, 1, 0x41]).signed32(initial).byte(0x0b)),
    );
  }
  section(7, (part) =>
    part.vector(Object.entries(named), ([name, index]) => part.name(name).byte(0).unsigned(index)),
  );
  if (start !== undefined) {
    section(8, (part) => part.unsigned(start));
  }
  section(10, (part) =>
    part.vector(functions, ({ code }) => part.sized(new ByteWriter().byte(0).bytes(code).byte(0x0b))),
  );
  return module.finish().slice();
}

/** The three functions that an engine must export, doing nothing: the start of one that is changed. */
export const NOTHING_ENGINE = {
  types: [
    { params: [I32, I32], results: [] },
    { params: [I32, I32], results: [I32] },
    { params: [I32, I32, I32], results: [] },
    { params: [], results: [] },
  ],
  functions: [
    { type: 0, code: [] },
    { type: 1, code: [0x41, 0x00] },
    { type: 2, code: [] },
  ],
  memoryPages: 1,
  exports: { ar_start: 0, ar_allocate: 1, ar_free: 2 },
} as const satisfies HandMade;
