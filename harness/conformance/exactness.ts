import { createHash, type Hash } from 'node:crypto';
import type { AccessStream } from '../machine/access-stream';
import { HEAP_BASE } from '../machine/memory-layout';
import { operationText, type ConformanceOperation } from './operation';
import { Findings } from './rules';
import { someSequence } from './sequences';
import { HEAP_PAGES, verbsOf, type Subject } from './subject';
import { Trial, type TrialStep } from './trial';
import type { WatchedMachine } from './watched-machine';

/** Whether an engine does the same again: beside another one, and on a copy of its memory. */

/** Fingerprint of everything that a pricing sees. */
class StreamDigest {
  private readonly hash: Hash = createHash('sha256');

  readonly drain = ({
    entries,
    entryCount,
    segmentEnds,
    segmentFlags,
    segmentPriced,
    segmentCount,
  }: AccessStream): void => {
    this.hash.update(entries.subarray(0, entryCount));
    this.hash.update(segmentEnds.subarray(0, segmentCount));
    this.hash.update(segmentFlags.subarray(0, segmentCount));
    segmentPriced.forEach((counts) => this.hash.update(counts.subarray(0, segmentCount)));
  };

  /** The fingerprint of a trial that has ended; for trials that ended differently, another one. */
  of({ machine, steps }: Trial): string {
    machine.stream.flush();
    this.hash.update(JSON.stringify(steps.map(({ placement, heldBytes }) => [placement, heldBytes])));
    return this.hash.digest('hex');
  }
}

/** `deterministic`: two machines in turns, the second a step behind, give the same as one alone. */
export function examineDeterminism(subject: Subject, findings: Findings): void {
  const work = someSequence(verbsOf(subject), 160);
  const alone = new StreamDigest();
  const first = new Trial(subject, new Findings(), HEAP_PAGES, { drain: alone.drain }).run(work);
  const expected = alone.of(first);
  const digests = [new StreamDigest(), new StreamDigest()];
  const trials = digests.map(({ drain }) => new Trial(subject, new Findings(), HEAP_PAGES, { drain }));
  for (let step = 0; step <= work.length; step++) {
    trials.forEach((trial, behind) => {
      if (step - behind >= 0 && step - behind < work.length) {
        trial.perform(work[step - behind]!);
      }
    });
  }
  trials.forEach((trial, index) => {
    const reason = () =>
      `two machines in turns do not do what one alone does${firstDifference(work, first, trial)}`;
    findings.expect('deterministic', digests[index]!.of(trial) === expected, reason);
  });
}

/** `: "alloc,5,100" does …, then …`; nothing where no operation alone shows it. */
function firstDifference(work: readonly ConformanceOperation[], first: Trial, second: Trial): string {
  const index = work.findIndex(
    (_, step) => outcomeText(first.steps[step]) !== outcomeText(second.steps[step]),
  );
  return index < 0
    ? ''
    : `: "${operationText(work[index]!)}" does ${outcomeText(first.steps[index])}, then ${outcomeText(second.steps[index])}`;
}

/** `remembered`: an engine that never saw the first half of the work goes on from a copy of the memory. */
export function examineMemory(subject: Subject, findings: Findings): void {
  const work = someSequence(verbsOf(subject), 160).filter(({ op }) => !SCOPE_OPS.includes(op));
  const half = Math.floor(work.length / 2);
  const original = new Trial(subject, new Findings());
  original.run(work.slice(0, half));
  const copy = new Trial(subject, new Findings());
  copyMemory(original, copy);
  const rest = work.slice(half);
  const expected = outcomes(original, rest);
  const actual = outcomes(copy, rest);
  const difference = expected.findIndex((outcome, index) => outcome !== actual[index]);
  findings.expect(
    'remembered',
    difference < 0,
    () =>
      `on a copy of the memory "${rest[difference]!.op}" does ${actual[difference]}, not ${expected[difference]}`,
  );
}

/** The books of open calls are the harness's, and not in memory. */
const SCOPE_OPS = ['enter', 'leave', 'temp', 'adopt', 'freeall'];

/** What each operation returned, and how many accesses it took. */
function outcomes(trial: Trial, work: readonly ConformanceOperation[]): string[] {
  const begin = trial.steps.length;
  trial.run(work);
  return work.map((_, index) => outcomeText(trial.steps[begin + index]));
}

function outcomeText(step: TrialStep | undefined): string {
  return step === undefined ? 'nothing' : `0x${step.placement.toString(16)} with ${step.accesses} accesses`;
}

function copyMemory(from: Trial, to: Trial): void {
  copyWords(from.machine, to.machine);
  const { ledger } = to.machine;
  const held: { address: number; bytes: number }[] = [];
  ledger.runs((run) => held.push(run));
  held.forEach(({ address, bytes }) => ledger.give(address, bytes));
  from.machine.ledger.runs(({ address, bytes }) => ledger.take(address, bytes));
  from.machine.pageSource?.copyTo?.(to.machine.pageSource!);
  for (const { id, placement, sizeBytes, align } of from.live.list()) {
    to.live.enter(id, placement, sizeBytes, align);
  }
}

function copyWords(from: WatchedMachine, to: WatchedMachine): void {
  for (let address = from.ownMemory.start; address < from.ownMemory.end; address += 4) {
    to.poke(address, from.peek(address));
  }
  for (let address = HEAP_BASE; address < from.layout.limit; address += 4) {
    from.watch();
    to.watch();
    const word = from.peek(address);
    if (to.peek(address) !== word) {
      to.poke(address, word);
    }
  }
}

/** `bounded`: the most accesses of a verb seen, against what the definition declares. */
export function examineBounds(
  { definition }: Subject,
  steps: readonly TrialStep[],
  findings: Findings,
): void {
  for (const { verb, unit, most } of definition.bounds) {
    if (unit !== 'accesses' || most === undefined) {
      continue;
    }
    for (const { operation, accesses } of steps.filter((step) => step.operation.op === verb)) {
      const reason = () =>
        `${verb} of ${operation.size} bytes takes ${accesses} accesses, at most ${most} are declared`;
      findings.expect('bounded', accesses <= most, reason);
    }
  }
}
