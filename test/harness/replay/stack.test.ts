import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { EngineDefinition } from '../../../harness/replay/port';
import { createStack, resolveOptions } from '../../../harness/replay/stack';
import { UsageError } from '../../../traces/input-error';
import { toyDefinition } from './toy-engine';

const definition: EngineDefinition = toyDefinition(undefined, {
  options: {
    delta: { kind: 'integer', summary: '', smallest: -4, largest: 4096, byDefault: 64 },
    layout: { kind: 'choice', summary: '', choices: ['ilp32', 'lp64'], byDefault: 'ilp32' },
    backing: { kind: 'engine', summary: '', byDefault: 'plan9-pool' },
  },
});

const engineNamed = (name: string): EngineDefinition => {
  if (name !== 'other') {
    throw new UsageError({ problem: `unknown engine "${name}"` });
  }
  return { ...definition, name };
};

const resolve = (given: Record<string, string>) => resolveOptions(definition, given, engineNamed);

test('options not given take their defaults, in the order of the definition', () => {
  assert.equal(Object.entries(resolve({ backing: 'other', delta: '-4' })), [
    ['delta', -4],
    ['layout', 'ilp32'],
    ['backing', 'other'],
  ]);
  assert.equal(resolve({ layout: 'lp64', delta: '4096' }), {
    delta: 4096,
    layout: 'lp64',
    backing: 'plan9-pool',
  });
});

test('a bad value is refused with what was expected', () => {
  const refusals: readonly [Record<string, string>, string][] = [
    [{ delta: '4097' }, 'toy option delta: "4097"; expected an integer from -4 to 4096'],
    [{ delta: '-5' }, 'toy option delta: "-5"; expected an integer from -4 to 4096'],
    [{ delta: '1.5' }, 'toy option delta: "1.5"; expected an integer from -4 to 4096'],
    [{ delta: '' }, 'toy option delta: ""; expected an integer from -4 to 4096'],
    [{ delta: '1e2' }, 'toy option delta: "1e2"; expected an integer from -4 to 4096'],
    [{ layout: 'ilp64' }, 'toy option layout: "ilp64"; did you mean "lp64"?; expected one of ilp32, lp64'],
    [{ backing: 'none' }, 'unknown engine "none"'],
    [
      { layuot: 'x' },
      'toy: unknown option "layuot"; did you mean "layout"?; expected one of delta, layout, backing',
    ],
    [{ toString: 'x' }, 'toy: unknown option "toString"; expected one of delta, layout, backing'],
  ];
  for (const [given, message] of refusals) {
    assert.throws(
      () => resolve(given),
      (error: unknown) => error instanceof UsageError && error.message === message,
      message,
    );
  }
});

test('an engine without options says so', () => {
  assert.throws(
    () => resolveOptions(toyDefinition(), { x: '1' }, engineNamed),
    (error: unknown) => error instanceof UsageError && /expected no options/.test(error.message),
  );
});

test('a stack is booted with the engine started and nothing recorded', () => {
  let batches = 0;
  const machine = { heapPages: 4, virtualPages: 1, drain: () => void batches++ };
  const stack = createStack(definition, {}, machine, engineNamed);
  assert.is(stack.machine.ledger.heldBytes, 4 * 4096);
  assert.equal([stack.machine.stream.entryCount, stack.machine.stream.entriesDrained, batches], [0, 0, 0]);
  assert.is(stack.options['delta'], 64);
});

test.run();
