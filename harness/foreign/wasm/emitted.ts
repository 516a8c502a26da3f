/** The opcodes that rewriting writes. `truncSatF64S` stands behind the prefix `saturating`. */
export const OP = {
  block: 0x02,
  if: 0x04,
  end: 0x0b,
  br: 0x0c,
  return: 0x0f,
  call: 0x10,
  drop: 0x1a,
  localGet: 0x20,
  localSet: 0x21,
  localTee: 0x22,
  globalGet: 0x23,
  i32Load: 0x28,
  i32Store: 0x36,
  i32Const: 0x41,
  i64Const: 0x42,
  f32Const: 0x43,
  f64Const: 0x44,
  i32LtS: 0x48,
  i32LtU: 0x49,
  i32GtU: 0x4b,
  i32GeU: 0x4f,
  i64LtU: 0x54,
  i64GeU: 0x5a,
  i32Add: 0x6a,
  i32Sub: 0x6b,
  i32And: 0x71,
  i32Or: 0x72,
  i64Add: 0x7c,
  i64Sub: 0x7d,
  i32WrapI64: 0xa7,
  f64ConvertI32U: 0xb8,
  f64ConvertI64S: 0xb9,
  f64ConvertI64U: 0xba,
  refNull: 0xd0,
  refFunc: 0xd2,
  saturating: 0xfc,
  truncSatF64S: 6,
} as const;

/** The block type of a block without results. */
export const NO_RESULT = 0x40;

/** log2 of the alignment of a 32-bit word. */
export const WORD_ALIGN = 2;
