import { OP_NAMES, TraceEvent, type Trace } from '../../traces/trace';
import { STORE } from '../machine/access-stream';
import type { MachineOptions } from '../machine/machine';
import { AccessWatch } from './access-watch';
import type { Outcome } from './outcome';
import { spoiltText, type SpoiltByte } from './payload';
import { repeatable, replay, type ReplayOptions, type ReplayReport } from './replay';
import type { Stack } from './stack';
import { watchedTrace } from './watched-trace';

/**
 * Who wrote into live payload. A replay notices damage when it looks, which may be long after it was done: the writing
 * operation is found by bisection, each time replaying as far as the middle of what is in question and looking at
 * everything there. One more replay watches the byte itself, to name the step that stored to it.
 */

/** Makes an engine on a fresh machine, with what is to watch it; called once a pass. */
export type MakeStack = (watch: Pick<MachineOptions, 'drain' | 'observer' | 'keepsPast' | 'spare'>) => Stack;

/** A replay that can be made again. */
export interface RepeatableReplay {
  readonly trace: Trace;
  readonly createStack: MakeStack;
  readonly replay?: ReplayOptions;
}

/** The outcome of a replay; of one that found payload spoilt, it names the operation that did it. */
export async function spoiltOutcome(
  plan: RepeatableReplay,
  { outcome, spoilt, overruns }: ReplayReport,
): Promise<Outcome> {
  if (outcome.kind !== 'corrupt' || spoilt === undefined) {
    return outcome;
  }
  const damage = await firstDamage(plan, spoilt, outcome.index);
  const writer = await watchWriter(plan, damage, outcome.index);
  const noticed = spoilt.atEnd
    ? '; noticed at the end'
    : damage.operation < outcome.index
      ? `; noticed at operation ${outcome.index} (${outcome.op})`
      : '';
  const overran = overruns === 0 ? '' : `; the program itself overran its objects before, ${overruns} times`;
  const problem = `${spoiltText(damage.spoilt)}${noticed}${overran}`;
  return { kind: 'corrupt', index: damage.operation, ...writer, problem };
}

interface Damage {
  readonly operation: number;
  readonly spoilt: SpoiltByte;
}

/** The first operation after which not everything is as it was stored. */
async function firstDamage(plan: RepeatableReplay, noticed: SpoiltByte, noticedAt: number): Promise<Damage> {
  let intact = noticed.intactAfter;
  let damage: Damage = { operation: noticedAt, spoilt: noticed };
  while (damage.operation - intact > 1) {
    const operation = intact + Math.floor((damage.operation - intact) / 2);
    const spoilt = await spoiltAfter(plan, operation);
    if (spoilt === undefined) {
      intact = operation;
    } else {
      damage = { operation, spoilt };
    }
  }
  return damage;
}

async function spoiltAfter(plan: RepeatableReplay, operation: number): Promise<SpoiltByte | undefined> {
  const trace = watchedTrace(plan.trace, operation, () => undefined);
  const options: ReplayOptions = { ...repeatable(plan.replay), payload: 'at-end' };
  return (await replay(trace, plan.createStack({}), [], options)).spoilt;
}

interface Writer {
  readonly op: string;
  readonly id: number;
  readonly sizeBytes: number;
  readonly lastStep: string;
}

/** Replays as far as the damage, and watches the byte in the operation that does it. */
async function watchWriter(
  plan: RepeatableReplay,
  { operation, spoilt }: Damage,
  noticedAt: number,
): Promise<Writer> {
  const watch = new StoreWatch(spoilt.address);
  const stack = plan.createStack({ drain: watch.drain, observer: watch });
  const writing = new TraceEvent();
  const trace = watchedTrace(plan.trace, operation, (index, event) => {
    if (index === operation) {
      writing.set(event.op, event.id, event.size, event.align);
      stack.machine.stream.flush();
      watch.begin(stack.machine);
    }
  });
  const payload = operation < noticedAt ? 'at-end' : 'throughout';
  const report = await replay(trace, stack, [], { ...repeatable(plan.replay), payload });
  const { lastStep = '' } = report.outcome.kind === 'corrupt' ? report.outcome : {};
  return {
    op: OP_NAMES[writing.op]!,
    id: writing.id,
    sizeBytes: writing.size,
    lastStep: watch.writer ?? lastStep,
  };
}

/** Watches the stores to a word of memory. */
export class StoreWatch extends AccessWatch {
  private closest = Infinity;

  constructor(private readonly address: number) {
    super();
  }

  /** The engine and step that stored to the word, or undefined where none did. */
  get writer(): string | undefined {
    const step = this.notedStep;
    return step === undefined ? undefined : `${step.engine}: ${step.name}`;
  }

  protected override isOfInterest(address: number, kind: number): boolean {
    const distance = (kind & STORE) === 0 ? Infinity : this.distance(address);
    if (distance > this.closest || distance === Infinity) {
      return false;
    }
    this.closest = distance;
    return true;
  }

  /** How surely a store wrote the byte: its own word, a word of 8 bytes, a line of a range; infinite if not at all. */
  private distance(stored: number): number {
    const word = this.address - (this.address % WORD_BYTES);
    if (stored === word) {
      return 0;
    }
    if (stored === word - WORD_BYTES) {
      return 1;
    }
    return stored < word && stored - (stored % LINE_BYTES) === word - (word % LINE_BYTES) ? 2 : Infinity;
  }
}

const WORD_BYTES = 4;
const LINE_BYTES = 64;
