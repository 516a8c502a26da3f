import { isVirtual, type Placement } from '../../traces/trace';
import { isEngineFailure } from '../machine/failures';
import { walkedBlocks } from './inspection';
import { operation, type ConformanceOperation } from './operation';
import { Findings, type Rule } from './rules';
import { someSequence } from './sequences';
import { HEAP_PAGES, verbsOf, type Subject } from './subject';
import { failureText, Trial } from './trial';

/**
 * `guarded`: one byte of metadata is changed in the middle of some work. Whatever the engine then does, it must do in
 * the port's words: `HeapCorruption`, `Fault` or `Runaway`, from its check or from a verb, or else go on as if nothing
 * had happened. Any other error, or none at all while placements change, is a defect.
 */

const WORK_LENGTH = 90;
/** Most places of one kind that are damaged, spread evenly over all there are. */
const PLACES_MAX = 40;
/** How far into a block's front metadata may reach. */
const FRONT_BYTES = 32;
const MASKS = [0x01, 0x10, 0x80, 0xff];

/** How damage ended: noticed, without consequence, or with consequences that nobody noticed. */
type Consequence = 'reported' | 'harmless' | 'silent';

export interface DamageTally {
  readonly places: number;
  readonly reported: number;
  readonly harmless: number;
  readonly silent: number;
}

export function examineDamage(subject: Subject, findings: Findings): DamageTally {
  const work = someSequence(verbsOf(subject), WORK_LENGTH);
  const rest = afterDamage();
  const unhurt = worked(subject, work);
  const places = metadataPlaces(unhurt);
  const expected = goneOn(unhurt, rest);
  // A real allocator that looks at nothing of its own is as good as its author made it.
  const hasCheck = subject.definition.foreign?.shows.check ?? true;
  const tally = { places: places.length, reported: 0, harmless: 0, silent: 0 };
  places.forEach((address, index) => {
    const mask = MASKS[index % MASKS.length]!;
    const told = () =>
      `the byte at ${unhurt.machine.layout.regionAt(address)} changed by 0x${mask.toString(16)}`;
    findings.examined('guarded');
    try {
      const consequence = damaged(subject, work, rest, address, mask, expected);
      tally[consequence]++;
      if (consequence === 'silent' && hasCheck) {
        findings.violated('guarded', `${told()} changes what the engine does, and nothing reports it`, work);
      }
    } catch (error) {
      findings.violated('guarded', `${told()}: ${failureText(error)}`, work);
    }
  });
  return tally;
}

/** A trial with some work behind it. */
function worked(subject: Subject, work: readonly ConformanceOperation[]): Trial {
  return new Trial(subject, new Findings(), HEAP_PAGES).run(work);
}

/** More work after the damage, on objects of its own. */
function afterDamage(): ConformanceOperation[] {
  const sizes = [24, 200, 1000, 2000, 3000, 3900, 64, 5000];
  return Array.from({ length: 3 }, (_, round) => sizes.map((size, index) => operation('alloc', 10_000 + round * 100 + index, size))).flat(); // prettier-ignore
}

/** Does the work, frees everything, and returns all placements. */
function goneOn(trial: Trial, rest: readonly ConformanceOperation[]): Placement[] {
  trial.run(rest);
  trial.freeAll();
  trial.run(rest);
  return trial.placements;
}

function damaged(
  subject: Subject,
  work: readonly ConformanceOperation[],
  rest: readonly ConformanceOperation[],
  address: number,
  mask: number,
  expected: readonly Placement[],
): Consequence {
  const seen = new Findings();
  const trial = new Trial(subject, seen, HEAP_PAGES).run(work);
  trial.machine.watch();
  trial.machine.poke8(address, trial.machine.peek8(address) ^ mask);
  if (reports(() => trial.engine.check(), trial)) {
    return 'reported';
  }
  const placements = goneOn(trial, rest);
  if (trial.stopped && !isEngineFailure(trial.failure)) {
    throw trial.failure;
  }
  const isObjectedTo = RULES_OF_THE_ORACLE.some((rule) => seen.firstOf(rule) !== undefined);
  if (trial.stopped || isObjectedTo || reports(() => trial.engine.check(), trial)) {
    return 'reported';
  }
  const isUnchanged = placements.every((placement, index) => placement === expected[index]);
  return isUnchanged ? 'harmless' : 'silent';
}

/** What the oracle of a replay reports as corruption by itself. */
const RULES_OF_THE_ORACLE: readonly Rule[] = ['apart', 'held', 'aligned'];

function reports(observe: () => void, { machine }: Trial): boolean {
  machine.watch();
  try {
    observe();
    return false;
  } catch (error) {
    if (!isEngineFailure(error)) {
      throw error;
    }
    return true;
  }
}

/** Where an engine keeps what it knows: control regions, headers, its own blocks, the fronts of free blocks. */
function metadataPlaces({ machine, engine, live }: Trial): number[] {
  const regions = machine.layout
    .list()
    .flatMap(({ address, bytes }) => spread(range(address, Math.min(bytes, 1 << 16)), PLACES_MAX));
  const headers = live
    .list()
    .filter(({ placement }) => !isVirtual(placement))
    .flatMap(({ placement, sizeBytes, align }) => {
      const block = engine.blockAt(placement, sizeBytes, align);
      return block === undefined ? [] : range(block.start, Math.min(block.headerBytes, FRONT_BYTES));
    });
  const blocks = walkedBlocks(engine);
  const fronts = (state: string) =>
    blocks
      .filter((block) => block.state === state)
      .flatMap(({ start, end }) => range(start, Math.min(end - start, FRONT_BYTES)));
  return [
    ...regions,
    ...spread(headers, PLACES_MAX),
    ...spread(fronts('free'), PLACES_MAX),
    ...spread(fronts('metadata'), PLACES_MAX),
  ];
}

function range(first: number, count: number): number[] {
  return Array.from({ length: count }, (_, index) => first + index);
}

/** At most `most` of the addresses, evenly from first to last. */
function spread(addresses: readonly number[], most: number): number[] {
  if (addresses.length <= most) {
    return [...addresses];
  }
  return Array.from(
    { length: most },
    (_, index) => addresses[Math.floor((index * addresses.length) / most)]!,
  );
}
