import { StoreWatch } from '../replay/payload-writer';
import { operationText, type ConformanceOperation } from './operation';
import { Findings } from './rules';
import { HEAP_PAGES, type Subject } from './subject';
import { Trial } from './trial';

/**
 * Which operation of a sequence wrote into an object that lived, and at which of the engine's steps: completes the
 * reason for a broken `kept`. Empty where the operation itself was seen to lose what it had to carry along.
 */
export function writerText(
  subject: Subject,
  operations: readonly ConformanceOperation[],
  heapPages = HEAP_PAGES,
): string {
  const trial = new Trial(subject, new Findings(), heapPages);
  for (const [index, next] of operations.entries()) {
    trial.perform(next);
    const address = trial.stopped ? undefined : trial.live.spoiltAddress();
    if (address !== undefined) {
      const step = writingStep(subject, operations.slice(0, index + 1), address, heapPages);
      return `; written by "${operationText(next)}"${step === undefined ? '' : ` in ${step}`}`;
    }
  }
  return '';
}

/** The step that stored to an address last in the last of the operations. */
function writingStep(
  subject: Subject,
  operations: readonly ConformanceOperation[],
  address: number,
  heapPages: number,
): string | undefined {
  const watch = new StoreWatch(address);
  const trial = new Trial(subject, new Findings(), heapPages, { drain: watch.drain, observer: watch });
  const { machine } = trial.run(operations.slice(0, -1));
  machine.stream.flush();
  watch.begin(machine);
  trial.run(operations.slice(-1));
  machine.stream.flush();
  return watch.writer;
}
