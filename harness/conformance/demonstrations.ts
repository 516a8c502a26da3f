import { TextTable, TraceEvent, type Placement } from '../../traces/trace';
import { isEngineFailure } from '../machine/failures';
import type { Demonstrated, QuirkDemonstration } from '../replay/demonstration';
import { Operations } from '../replay/operations';
import { fillEvent, parseOperation } from './operation';
import type { Findings } from './rules';
import { freshStack, HEAP_PAGES, type Subject } from './subject';
import { failureText } from './trial';

/**
 * `quirky`: performs the demonstration of every quirk, as a replay would perform it: a quirk may be about programs
 * that do what they should not.
 */
export function examineQuirks(subject: Subject, findings: Findings): void {
  for (const { name, demonstration } of subject.definition.quirks) {
    if (demonstration !== undefined) {
      const [shows, told] = performed(subject, demonstration);
      findings.expect('quirky', shows, () => `${name} does not show${told}`);
    }
  }
}

/** The quirks that only their documentation vouches for. */
export function quirksWithoutDemonstration({ definition }: Subject): string[] {
  return definition.quirks.filter(({ demonstration }) => demonstration === undefined).map(({ name }) => name);
}

function performed(subject: Subject, demonstration: QuirkDemonstration): [shows: boolean, told: string] {
  try {
    const seen = demonstrate(subject, demonstration);
    const told =
      seen.stopped === undefined
        ? ''
        : `; the run stopped at operation ${seen.placements.length}: ${seen.stopped}`;
    return [demonstration.shows(seen), told];
  } catch (error) {
    return [false, `: ${failureText(error)}`];
  }
}

/** Runs a demonstration on a fresh engine. Throws what is wrong with the demonstration itself. */
function demonstrate(subject: Subject, demonstration: QuirkDemonstration): Demonstrated {
  const { definition } = subject;
  const options = { ...subject.options, ...demonstration.options };
  const { machine, engine } = freshStack({ ...subject, options }, demonstration.heapPages ?? HEAP_PAGES);
  const texts = new TextTable();
  const operations = new Operations({ definition, options, machine, engine }, texts, 'emulate');
  const event = new TraceEvent();
  const placements: Placement[] = [];
  const heldBytes: number[] = [];
  const accesses: number[] = [];
  let stopped: string | undefined;
  for (const [index, row] of demonstration.operations.entries()) {
    fillEvent(parseOperation(row), event, (text) => texts.intern(text));
    const before = machine.stream.entriesDrained + machine.stream.entryCount;
    machine.watch();
    try {
      placements.push(operations.perform(event, index));
    } catch (error) {
      if (!isEngineFailure(error)) {
        throw error;
      }
      stopped = (error as Error).message;
      break;
    }
    heldBytes.push(machine.ledger.heldBytes);
    accesses.push(machine.stream.entriesDrained + machine.stream.entryCount - before);
  }
  return { placements, heldBytes, accesses, stopped, machine };
}
