/** `xzalloc`, `_xzalloc_array`, `vzalloc`, `xvzalloc_bytes` …: the forms that return zeroed memory. */
const ZEROING = /^_*(x|v|xv)zalloc/;

/** Whether the API function of an event's `call` column clears what it allocates. */
export function isZeroingCall(call: string): boolean {
  return call !== '' && ZEROING.test(call);
}
