import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import * as fc from 'fast-check';
import { CHASE, LOAD, STORE, UPDATE } from '../../../harness/machine/access-stream';
import { StepTable, type Step } from '../../../harness/machine/steps';
import type { StoryPart } from '../../../harness/explain/explanation';
import { RunningCycles } from '../../../harness/explain/piecewise-pricing';
import {
  MACHINE_STEPS,
  NO_STEP,
  RunRecord,
  StoryRecorder,
  storySteps,
  toldRun,
} from '../../../harness/explain/story';
import { sum } from './explained';

const test = suite('explain: story');
const SEED = 20081121;

const steps = new StepTable();
const letters = 'abcdefghijklmnopqrstuvwxyz'.split('');
steps.define('toy', Object.fromEntries(letters.map((letter) => [letter, { instructions: 1 }])));

/** The story of steps named by letters, each done once and a cycle long. */
function storyOf(text: string): StoryPart[] {
  const story = new StoryRecorder();
  for (const letter of text) {
    const run = new RunRecord();
    run.step = letters.indexOf(letter) as Step;
    run.times = 1;
    run.costs[0] = 256;
    story.append(run);
  }
  return story.finish(steps, new RunningCycles());
}

/** `a3 2(b2 c2)`: times behind each step, rounds before each loop. */
function shortForm(parts: readonly StoryPart[]): string {
  return parts
    .map((part) =>
      part.kind === 'step'
        ? `${part.name}${part.times}`
        : `${part.kind === 'loop' ? part.rounds : 'rest'}(${shortForm(part.parts)})`,
    )
    .join(' ');
}

test('steps in a row are one, and what repeats is a loop', () => {
  assert.is(shortForm(storyOf('aaab')), 'a3 b1');
  assert.is(shortForm(storyOf('xababy')), 'x1 2(a2 b2) y1');
  assert.is(shortForm(storyOf('abababab')), '4(a4 b4)');
  assert.is(shortForm(storyOf('abbabbbab')), '3(a3 b6)', 'however often each step was done in a round');
  assert.is(shortForm(storyOf('abcabc')), '2(a2 b2 c2)');
});

test('accesses of one step in a row are summed up by kind, and what was nothing is no part', () => {
  const story = new StoryRecorder();
  story.append(new RunRecord());
  for (const kinds of [
    [LOAD, CHASE, CHASE],
    [STORE, UPDATE, CHASE],
  ]) {
    const run = new RunRecord();
    run.step = letters.indexOf('a') as Step;
    run.instructions = 3;
    run.fromMemory = 1;
    kinds.forEach((kind) => run.countAccess(0x1000 | kind));
    story.append(run);
  }
  const [part, ...others] = story.finish(steps, new RunningCycles());
  assert.equal(others, []);
  assert.equal(part?.kind === 'step' && [part.instructions, part.fromMemory], [6, 2]);
  assert.equal(part?.kind === 'step' && part.accesses, { loads: 1, chases: 3, stores: 1, updates: 1 });
});

test('what the machine does by itself has names of its own, and steps keep their events', () => {
  const table = new StepTable();
  const toy = table.define('toy', { plain: { instructions: 1 }, cut: { instructions: 1, event: 'splits' } });
  const told = (step: RunRecord['step']) => {
    const run = new RunRecord();
    run.step = step;
    run.times = 1;
    const { engine, name, event } = toldRun(run, table, new RunningCycles());
    return [engine, name, event];
  };
  assert.equal(Object.values(MACHINE_STEPS).map(told), [
    ['', 'copyLine', 'linesCopied'],
    ['', 'clearLine', 'linesCleared'],
    ['', 'fillLine', null],
    ['', 'mapPage', null],
    ['', 'unmapPage', null],
    ['', 'flushTlb', null],
  ]);
  assert.equal(
    [told(NO_STEP), told(toy.plain), told(toy.cut)],
    [
      ['', 'return', null],
      ['toy', 'plain', null],
      ['toy', 'cut', 'splits'],
    ],
  );
});

test('loops lie in loops', () => {
  assert.is(shortForm(storyOf('xababxababxabab')), '3(x3 6(a6 b6))');
});

test('what was done in part of a round stays outside', () => {
  assert.is(shortForm(storyOf('ababac')), '2(a2 b2) a1 c1');
});

test('a story of any length is bounded, and loses nothing', () => {
  const text = fc.array(fc.constantFrom(...letters), { minLength: 0, maxLength: 6000, size: 'max' });
  fc.assert(
    fc.property(text, (names) => {
      const parts = storyOf(names.join(''));
      assert.ok(parts.length <= 257, `${parts.length} parts`);
      const told = storySteps(parts);
      assert.ok(told.length <= 257 * 16 + letters.length);
      assert.is(sum(told.map(({ cycles }) => cycles)), names.length);
      for (const letter of letters) {
        const times = sum(told.filter(({ name }) => name === letter).map((step) => step.times));
        assert.is(times, names.filter((name) => name === letter).length);
      }
    }),
    { seed: SEED, numRuns: 25 },
  );
});

test.run();
