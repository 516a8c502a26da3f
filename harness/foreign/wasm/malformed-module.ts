/** What is wrong with a WebAssembly module, phrased to follow its name: "tlsf.wasm: ends in the middle, at byte 9". */
export class MalformedModule extends Error {
  override readonly name = 'MalformedModule';
}
