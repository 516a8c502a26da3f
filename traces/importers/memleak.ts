/**
 * bcc's and libbpf's `memleak --trace`. bcc prints Python tuples; the ports print into the kernel's trace pipe.
 *
 *     (b'sudo', 6938, 10, b'd...1', 20299.252439, b'alloc exited, size = 2048, result = ffff88822e845800')
 *     sudo-6938 [010] d...1 20299.252439: bpf_trace_printk: alloc exited, size = 2048, result = ffff88822e845800
 *
 * `alloc entered` says nothing that `alloc exited` does not. memleak attaches to what runs, so orphan frees are usual.
 */
import { wideAddress, type LineScanner } from '../input/lines';
import { understoodLines } from './detection';
import type { LineParser, RecorderFormat } from './importer';
import type { Recording } from './recording';

const EVENT =
  /alloc exited, size = (\d+), result = (?:0x)?0*([0-9a-f]{1,16})\b|free entered, address = (?:0x)?0*([0-9a-f]{1,16})\b/;
const EVENT_BEGINNING = /alloc exited|free entered/;

/** `(b'TASK', PID, CPU, …`; the name may hold quotes, the numbers behind it end it. */
const TUPLE_TASK = /^\(b?['"](.*)['"], (\d+), \d+, b?['"]/;
/** `TASK-PID [CPU] …`, in newer kernels `TASK-PID (TGID) [CPU] …`. */
const PIPE_TASK = /^\s*(.*)-(\d+)\s+(?:\([\s\d-]+\)\s+)?\[\d+\]/;

const open = (recording: Recording): LineParser => new MemleakParser(recording);

export const memleak: RecorderFormat = {
  name: 'memleak',
  summary: 'memleak --trace of bcc or libbpf-tools',
  heeds: ['sites', 'pid'],
  detect: (lines) => understoodLines(open, lines),
  open,
};

class MemleakParser implements LineParser {
  constructor(private readonly recording: Recording) {}

  line(line: LineScanner): void {
    const { recording } = this;
    const text = line.text();
    const event = EVENT.exec(text);
    if (event === null) {
      if (EVENT_BEGINNING.test(text)) {
        recording.unparsed('"alloc exited, size = N, result = HEX" or "free entered, address = HEX"');
      }
      return;
    }
    const [, size, result, freed] = event;
    const before = text.slice(0, event.index);
    const [, task, pid] = TUPLE_TASK.exec(before) ?? PIPE_TASK.exec(before) ?? [];
    const wanted = recording.options.pid;
    if (wanted !== undefined && Number(pid) !== wanted) {
      recording.ofOtherProcess(pid);
    } else if (freed !== undefined) {
      recording.freed(wideAddress(freed));
    } else {
      recording.allocated(wideAddress(result!), Number(size), 0, recording.sites.index(task ?? ''));
    }
  }
}
