import { basename, dirname } from 'node:path';
import { allEngines } from '../../../allocators/registry';
import { alignedText } from '../../../reports/text-columns';
import { allFormats } from '../../../traces/importers/registry';
import { adversaryTraces, policyTraces, recordedTraces } from '../../../traces/shipped';
import type { Parameter } from '../../../traces/synthesizers/parameters';
import { allSynthesizers } from '../../../traces/synthesizers/registry';
import type { Synthesizer } from '../../../traces/synthesizers/synthesizer';
import { METRICS } from '../../metrics/registry';
import { loadShippedProfile, PROFILE_NAMES } from '../../pricing/profile-file';
import type { EngineDefinition, EngineOption } from '../../replay/port';
import { EXIT } from '../exit-codes';
import { chosenOperand } from '../options/option';
import { command } from './command';
import { printWords } from '../output/terminal';

/** `list`: what there is to choose from, straight from the registries. */

const TOPICS = ['allocators', 'pricings', 'synthesizers', 'formats', 'metrics', 'recorded'] as const;
type Topic = (typeof TOPICS)[number];

export const list = command({
  operands: {
    what: chosenOperand(TOPICS, { describe: 'One list; all of them in short without it' }),
  },
  options: {},
  examples: ['$0', '$0 allocators'],
  run: ({ what }) => {
    printWords(what === undefined ? everything() : TEXTS[what]());
    return EXIT.ok;
  },
});

const TEXTS: Record<Topic, () => string> = {
  allocators: () => allEngines().map(engineText).join('\n'),
  pricings: () =>
    alignedText(PROFILE_NAMES.map((name) => [name, loadShippedProfile(name).summary])) +
    '\nAppend @cold or @shared:BYTES for the cache state between operations, /4k or /2m (default) for the mapping.\n' +
    'A path ending in .yaml is a profile of your own.\n',
  synthesizers: () => allSynthesizers().map(synthesizerText).join('\n'),
  formats: () =>
    alignedText([
      ['csv', 'canonical trace: op,id,size,align and optional columns; plain or .gz'],
      ['atr', 'canonical trace, binary'],
      ...allFormats().map((format) => [format.name, format.summary]),
    ]),
  metrics: () =>
    alignedText(METRICS.map((metric) => [metric.name, metric.unit, metric.better, metric.formula])),
  recorded: () =>
    `${recordings()}\nThe files lie in ${dirname(dirname(recordedTraces()[0]!.file))}, in recorded, policy and adversaries.\n`,
};

/** Paths are as long as the place where this program is installed; names of files fit any terminal. */
const recordings = (): string =>
  alignedText([
    ...recordedTraces().map(({ name, file }) => [`recorded:${name}`, basename(file)]),
    ...policyTraces().map(({ name, file }) => [`policy:${name}`, basename(file)]),
    ...adversaryTraces().map(({ name, file }) => [`adversaries:${name}`, basename(file)]),
  ]);

function everything(): string {
  const sections: [Topic, string][] = [
    ['allocators', alignedText(allEngines().map((engine) => [engine.name, engine.summary]))],
    ['pricings', alignedText(PROFILE_NAMES.map((name) => [name, loadShippedProfile(name).summary]))],
    ['synthesizers', alignedText(allSynthesizers().map((each) => [`synth:${each.name}`, each.summary]))],
    ['formats', TEXTS.formats()],
    ['recorded', recordings()],
  ];
  return sections.map(([topic, text]) => `${topic}\n${text.replace(/^(?=.)/gm, '  ')}`).join('\n');
}

function engineText(engine: EngineDefinition): string {
  const { constants } = engine;
  const facts = [
    ['lineage', engine.lineage],
    ['version', String(engine.version)],
    [
      'constants',
      `header ${constants.headerBytes} B, granule ${constants.granuleBytes} B, smallest block ${constants.blockBytesMin} B, ` +
        `alignment ${constants.alignBytesMax === undefined ? 'as asked for' : `up to ${constants.alignBytesMax} B`}, largest request ${constants.requestBytesMax === undefined ? 'limited by the heap only' : `${constants.requestBytesMax} B`}`,
    ],
    ['capabilities', engine.capabilities.join(', ') || 'allocate and free only'],
    ...engine.bounds.map((bound) => [`bound, ${bound.verb}`, `${bound.statement} (${bound.source})`]),
    ...engine.quirks.map((quirk) => [`quirk ${quirk.name}`, `${quirk.summary} (${quirk.source})`]),
    ...Object.entries(engine.options).map(([name, option]) => [`-o ${name}=`, optionText(option)]),
  ];
  return `${engine.name}: ${engine.summary}\n${alignedText(facts).replace(/^(?=.)/gm, '  ')}`;
}

function optionText(option: EngineOption): string {
  switch (option.kind) {
    case 'integer':
      return `${option.summary} (${option.smallest}…${option.largest}, default ${option.byDefault})`;
    case 'choice':
      return `${option.summary} (${option.choices.join(' | ')}, default ${option.byDefault})`;
    case 'engine':
      return `${option.summary} (an engine's name, default ${option.byDefault})`;
  }
}

function synthesizerText(each: Synthesizer): string {
  const parameters = Object.entries(each.parameters).map(([name, parameter]) => [
    `${name}=`,
    parameterText(parameter),
  ]);
  return `synth:${each.name}: ${each.summary}\n${alignedText(parameters).replace(/^(?=.)/gm, '  ')}`;
}

function parameterText(parameter: Parameter): string {
  const values =
    parameter.kind === 'integer'
      ? `${parameter.smallest}…${parameter.largest} ${parameter.unit}`
      : parameter.choices.join(' | ');
  return `${parameter.summary} (${values}, default ${parameter.byDefault})`;
}
