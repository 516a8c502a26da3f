import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { UsageError } from '../../../traces/input-error';
import {
  synthesizerNamed,
  allSynthesizers,
  SYNTHESIZER_NAMES,
  traceFromSpecification,
} from '../../../traces/synthesizers/registry';
import { passOver } from './legal-trace';

const refused = (text: string, ...parts: RegExp[]) => {
  let thrown: unknown;
  try {
    traceFromSpecification(text);
  } catch (error) {
    thrown = error;
  }
  assert.instance(thrown, UsageError, text);
  for (const part of parts) {
    assert.match((thrown as UsageError).message, part);
  }
};

test('synthesizers are sorted by name, named once, and say what they are', () => {
  const names = allSynthesizers().map(({ name }) => name);
  assert.equal(names, [...names].sort());
  assert.is(new Set(names).size, names.length);
  assert.equal(names, SYNTHESIZER_NAMES);
  for (const { summary, sources, parameters } of allSynthesizers()) {
    assert.ok(summary.length > 10 && sources.length > 0);
    for (const [name, parameter] of Object.entries(parameters)) {
      assert.match(name, /^[a-z][a-z-]*$/);
      if (parameter.kind === 'choice') {
        assert.ok(parameter.choices.includes(parameter.byDefault));
      } else {
        assert.ok(parameter.smallest <= parameter.byDefault && parameter.byDefault <= parameter.largest);
      }
    }
  }
});

test('a specification without parameters takes the defaults', () => {
  assert.equal(traceFromSpecification('synth:half-page-storm').header, {
    name: 'half-page-storm',
    origin: {
      kind: 'synthetic',
      generator: 'half-page-storm',
      parameters: {
        live: 1000,
        ops: 4000,
        order: 'random',
        drain: 'yes',
        smallest: 1984,
        largest: 3712,
        align: 0,
      },
      seed: 1,
      adaptive: false,
    },
  });
});

test('the name tells what differs from the defaults, in the order of the definition', () => {
  const name = (text: string) => traceFromSpecification(text).header.name;
  assert.is(name('synth:half-page-storm?live=1000&seed=1'), 'half-page-storm');
  assert.is(
    name('synth:half-page-storm?seed=9&order=fifo&live=5000'),
    'half-page-storm-live=5000-order=fifo-seed=9',
  );
});

test('every pass over a trace has the same events', async () => {
  const trace = traceFromSpecification('synth:near-page-storm?live=10&ops=5');
  assert.is(passOver(await trace.open()).identity, passOver(await trace.open()).identity);
});

test('mistakes are named with their place, the range and the nearest name', () => {
  refused('synth:half-page-strom', /unknown synthesizer "half-page-strom"/, /did you mean "half-page-storm"/);
  refused('synth:', /unknown synthesizer ""/, /one of /);
  refused('half-page-storm', /names no synthesizer; expected synth:NAME/);
  refused('synth:half-page-storm?liev=5', /unknown parameter "liev"; expected one of live, /, /mean "live"/);
  refused('synth:half-page-storm?__proto__=5', /unknown parameter "__proto__"/);
  refused(
    'synth:half-page-storm?live=0',
    /parameter live is "0"; expected a whole number of objects from 1 to/,
  );
  refused('synth:half-page-storm?live=1.5', /parameter live is "1.5"/);
  refused('synth:half-page-storm?live=1e3', /parameter live is "1e3"/);
  refused('synth:half-page-storm?live=99999999999999999999', /parameter live/);
  refused(
    'synth:half-page-storm?order=fifi',
    /parameter order is "fifi"; .*fifo, lifo, random/,
    /mean "fifo"/,
  );
  refused('synth:half-page-storm?live', /"live" sets no parameter; expected parameter=value/);
  refused('synth:half-page-storm?live=1&live=2', /parameter live is set twice/);
  refused('synth:half-page-storm?seed=-1', /parameter seed is "-1"; expected a whole number from 0 to/);
  refused('synth:half-page-storm?smallest=10&largest=9', /smallest=10 is above largest=9/);
  refused('synth:half-page-storm?align=3', /parameter align is "3"; expected 0 or a power of two/);
});

test('programs are told the same of a bad parameter', () => {
  assert.throws(() => synthesizerNamed('half-page-storm').open({ live: 0.5 }, 1), /parameter live is "0.5"/);
  assert.throws(() => synthesizerNamed('half-page-storm').open({}, -1), /seed is "-1"/);
});

test.run();
