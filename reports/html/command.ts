import type { TraceGroup } from '../trace-groups';
import { originText } from '../trace-groups';

/**
 * The command that replays a trace through the same engines once more, from the results alone. A recorded trace and an
 * engine are called by their names, as which those that ship are found: where a file lies is no result.
 */
export function commandText({ trace, replays }: TraceGroup): string {
  const source = trace.origin.kind === 'synthetic' ? originText(trace) : trace.name;
  const pricings = [...new Set(replays.flatMap((replay) => replay.pricings.map(({ id }) => id)))];
  return [...new Set(replays.map((replay) => optionsText(replay)))]
    .map((options) => {
      const alike = replays.filter((replay) => optionsText(replay) === options);
      const engines = [...new Set(alike.map(({ engine }) => engine.name))];
      const priced = pricings.length === 0 ? '' : ` -p ${pricings.join(',')}`;
      return `alloc-replay run ${quoted(source)} -a ${engines.join(',')}${priced}${options}`;
    })
    .join('\n');
}

/** What is to be filled in there, as results do not tell what was read from a file. */
export function fillInText({ trace }: Pick<TraceGroup, 'trace'>): string {
  const which = trace.origin.kind === 'recorded' ? 'a trace or an engine' : 'an engine';
  return `In place of the name of ${which} that came from a file of your own, give that file.`;
}

function optionsText({ engine, machine }: TraceGroup['replays'][number]): string {
  const options = Object.entries(engine.options).map(([name, value]) => ` -o ${quoted(`${name}=${value}`)}`);
  const virtual = machine.virtualPages === 0 ? '' : ` --virtual-pages ${machine.virtualPages}`;
  return `${options.join('')} --heap-pages ${machine.heapPages}${virtual}`;
}

const quoted = (word: string): string =>
  /^[\w./:=@,+-]+$/.test(word) ? word : `'${word.replace(/'/g, `'\\''`)}'`;
