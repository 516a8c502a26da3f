import { fittedTableLines, type TextColumn } from '../../../reports/text-columns';
import { escapeControls } from '../../../traces/input-error';
import { countText, decimalRatio, groupedInteger } from '../../text/numbers';
import { isFailure } from '../../metrics/measured-replay';
import { minimumHeap, type MinimumHeap } from '../../replay/minimum-heap';
import { compilerOption, enginesWithOptions, stackMaker } from '../options/engine-options';
import { EXIT, type ExitCode } from '../exit-codes';
import { operand, type ValuesOf } from '../options/option';
import { readerOptions, traceDetails, traceRequest } from '../options/reader-options';
import { createRegistries } from '../names/registries';
import { doubtsText } from '../output/import-text';
import {
  enginesOption,
  machineOptions,
  machineSizes,
  namesOf,
  nameValuePairs,
  settingsOption,
} from '../options/shared-options';
import { Progress } from '../workers/progress';
import { expectRepeatable } from '../workers/repeated';
import { command } from './command';
import { print, standardTerminal, tell } from '../output/terminal';

/** `minheap`: the smallest heap on which a trace completes, beside the least that its live bytes need. */

const options = {
  ...machineOptions,
  ...readerOptions,
  allocator: enginesOption,
  option: settingsOption,
  cc: compilerOption,
};

export const minheap = command({
  operands: { trace: operand(traceDetails) },
  options,
  examples: ['$0 recorded:git-status -a xmalloc-first-fit,xmalloc-tlsf'],
  run: searchHeaps,
});

type MinheapArguments = { readonly trace: string } & ValuesOf<typeof options>;

async function searchHeaps(argv: MinheapArguments): Promise<ExitCode> {
  const registries = createRegistries();
  const engines = enginesWithOptions(
    namesOf('-a', argv.allocator),
    nameValuePairs('-o', argv.option),
    registries,
  );
  const trace = await registries.openTrace(traceRequest(argv.trace, argv));
  tell(doubtsText(trace));
  const machine = machineSizes(argv);
  const rows: string[][] = [];
  const searches: MinimumHeap[] = [];
  const progress = new Progress(
    'searching heaps',
    engines.map(({ name }) => name),
  );
  try {
    for (const [part, engine] of engines.entries()) {
      const makeStack = (heapPages: number, watch = {}) =>
        stackMaker(engine, { ...machine, heapPages }, registries)(watch);
      await expectRepeatable(trace, engine, (watch) => makeStack(machine.heapPages, watch), registries);
      const found = await minimumHeap(trace, makeStack, machine.heapPages, (events) =>
        progress.reached(part, events),
      );
      progress.done(part);
      searches.push(found);
      rows.push([engine.name, ...wordsOf(found)]);
    }
  } finally {
    progress.stop();
  }
  print(
    fittedTableLines(COLUMNS, rows, standardTerminal())
      .map((line) => `${line}\n`)
      .join(''),
  );
  return searches.some((found) => found.kind === 'stopped' && isFailure(found.outcome))
    ? EXIT.failed
    : EXIT.ok;
}

const COLUMNS = ['engine', 'smallest heap', 'pages', 'times the lower bound', 'remark'].map(
  (title, index, all): TextColumn<readonly string[]> => ({
    title,
    align: 'left',
    isKey: index === 0,
    flows: index === all.length - 1,
    cell: (row) => escapeControls(row[index]!),
  }),
);

function wordsOf(found: MinimumHeap): string[] {
  switch (found.kind) {
    case 'found': {
      const { heapPages, lowerBoundPages, liveBytesPeak, largerHeapsThatFail } = found;
      const fails =
        largerHeapsThatFail.length === 0 ? '' : `; fails on ${largerHeapsThatFail.join(', ')} pages again`;
      return [
        `${groupedInteger(heapPages * 4)} KiB`,
        groupedInteger(heapPages),
        decimalRatio(heapPages, Math.max(1, lowerBoundPages), 3),
        `${countText(liveBytesPeak, 'byte')} live at most, ${countText(lowerBoundPages, 'page')}${fails}`,
      ];
    }
    case 'never':
      return [
        'none',
        '',
        '',
        `${countText(found.failedAllocations, 'allocation')} ${found.failedAllocations === 1 ? 'fails' : 'fail'} on ` +
          `${countText(found.heapPagesMax, 'page')} too, ` +
          `the first at event ${groupedInteger(found.firstFailureIndex)}`,
      ];
    case 'stopped':
      return ['n/a', '', '', 'reason' in found.outcome ? found.outcome.reason : found.outcome.problem];
  }
}
