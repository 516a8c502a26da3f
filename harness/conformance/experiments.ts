import { BUG, isBlock, NULL, type Placement } from '../../traces/trace';
import { InputError, UsageError } from '../../traces/input-error';
import { isEngineFailure } from '../machine/failures';
import { PAGE_BYTES } from '../machine/memory-layout';
import { CAPABILITIES, type Engine, type EngineOption } from '../replay/port';
import { resolveOptions } from '../replay/stack';
import { definitionProblem } from './definition';
import { operation, operationText, type ConformanceOperation } from './operation';
import { Findings, type Rule } from './rules';
import { someSequence } from './sequences';
import { capabilitiesOf, freshStack, HEAP_PAGES, isExcused, SMALL_HEAP_PAGES, type Subject } from './subject';
import { factsOf } from './judge';
import { failureText, Trial } from './trial';

/** Experiments that are made for one or two rules each, and never drawn at random. */

/** `described`: the definition's shape. */
export function examineDefinition({ definition }: Subject, findings: Findings): void {
  const problem = definitionProblem(definition);
  findings.expect(
    'described',
    problem === undefined,
    () => `${problem!.path}: ${problem!.found}; expected ${problem!.expected}`,
  );
}

const SCOPE_VERBS = ['enter', 'leave', 'temp', 'adopt', 'freeAll'] as const;

/** `honest`: declared capabilities against the methods that are there. */
export function examineCapabilities(subject: Subject, findings: Findings): void {
  const { engine } = freshStack(subject, HEAP_PAGES);
  for (const capability of CAPABILITIES) {
    const isDeclared = subject.definition.capabilities.includes(capability);
    const isThere = capability === 'scopes' ? hasScopes(engine) : typeof engine[capability] === 'function';
    findings.expect('honest', isDeclared === isThere, () =>
      isDeclared ? `${capability} is declared and missing` : `${capability} is there and not declared`,
    );
  }
}

function hasScopes({ scopes }: Engine): boolean {
  return scopes !== undefined && SCOPE_VERBS.every((verb) => typeof scopes[verb] === 'function');
}

/** `configurable`: each value of each option by itself, then what must be refused. */
export function examineOptions(subject: Subject, findings: Findings): void {
  const { options } = subject.definition;
  for (const [name, option] of Object.entries(options)) {
    for (const value of valuesOf(option)) {
      const set = { ...subject, options: { ...subject.options, [name]: value } };
      examineOption(set, `${name}=${value}`, option.kind === 'integer', findings);
    }
    for (const value of valuesRefused(option)) {
      examineRefusal(subject, { [name]: value }, findings);
    }
  }
  examineRefusal(subject, { 'no-such-option': '1' }, findings);
}

/** What no setting may break; quirks and constants are stated for the defaults. */
const RULES_OF_ANY_SETTING: readonly Rule[] = ['intact', 'apart', 'held', 'kept', 'tiled'];

/**
 * Some operations under one setting. A number at the end of its range may be refused in one line, or make a heap so
 * odd that the engine itself reports it broken; it may not crash.
 */
function examineOption(subject: Subject, setting: string, isExtreme: boolean, findings: Findings): void {
  const seen = new Findings();
  try {
    const trial = new Trial(subject, seen);
    trial.run(someSequence(capabilitiesOf(trial.engine), 40), 8).freeAll();
    if (isExtreme && isEngineFailure(trial.failure)) {
      findings.examined('configurable');
      return;
    }
  } catch (error) {
    const isRefused = error instanceof UsageError || error instanceof InputError;
    findings.expect('configurable', isRefused, () => `${setting}: ${failureText(error)}`);
    return;
  }
  const first = seen.violations.find(({ rule }) => RULES_OF_ANY_SETTING.includes(rule));
  findings.expect('configurable', first === undefined, () => `${setting}: ${first!.rule}: ${first!.reason}`);
}

function examineRefusal(subject: Subject, given: Record<string, string>, findings: Findings): void {
  try {
    resolveOptions(subject.definition, given, subject.engineNamed);
    findings.expect('configurable', false, () => `${JSON.stringify(given)} is accepted`);
  } catch (error) {
    findings.expect('configurable', error instanceof UsageError, () => failureText(error));
  }
}

function valuesOf(option: EngineOption): readonly string[] {
  switch (option.kind) {
    case 'integer':
      return [String(option.smallest), String(option.largest)];
    case 'choice':
      return option.choices;
    case 'engine':
      return [option.byDefault];
  }
}

function valuesRefused(option: EngineOption): readonly string[] {
  switch (option.kind) {
    case 'integer':
      return [String(option.smallest - 1), String(option.largest + 1), '', 'many', '1.5'];
    case 'choice':
    case 'engine':
      return ['no-such-value'];
  }
}

/** Every size up to a little more than a page, then around whole pages. */
const SIZES_ONE_BY_ONE = PAGE_BYTES + 256;
const PAGES_AT_ONCE = [2, 3, 4, 5, 7, 8, 15, 16, 31, 64];

/** `served`, `aligned`: every request on an otherwise empty heap. */
export function examineRequests(subject: Subject, findings: Findings): void {
  const { requestBytesMax = Infinity } = subject.definition.constants;
  const trial = new Trial(subject, findings);
  const sizes = Array.from({ length: SIZES_ONE_BY_ONE }, (_, size) => size);
  for (const pages of PAGES_AT_ONCE) {
    sizes.push(pages * PAGE_BYTES - 1, pages * PAGE_BYTES, pages * PAGE_BYTES + 1);
  }
  for (const size of sizes.filter((each) => each <= requestBytesMax)) {
    expectServed(subject, trial, operation('alloc', 1, size), findings);
  }
  for (let align = 1; align <= 2 * PAGE_BYTES; align *= 2) {
    for (const size of [1, 24, 100, 1000, 4000].filter((each) => each <= requestBytesMax)) {
      expectServed(subject, trial, operation('alloc', 1, size, align), findings);
    }
  }
  if (requestBytesMax < (HEAP_PAGES / 4) * PAGE_BYTES) {
    const placement = trial.perform(operation('alloc', 1, requestBytesMax + 1));
    const reason = () => `a request of ${requestBytesMax + 1} bytes succeeds, beyond requestBytesMax`;
    findings.expect('described', !isBlock(placement), reason);
  }
  trial.freeAll();
  trial.inspect();
}

function expectServed(
  subject: Subject,
  trial: Trial,
  request: ConformanceOperation,
  findings: Findings,
): void {
  const placement = trial.perform(request);
  const isRefused = placement === NULL || placement === BUG;
  if (!isRefused || !isExcused(subject, 'served', factsOf(request))) {
    const answer = placement === NULL ? 'NULL' : 'BUG';
    const reason = () => `"${operationText(request)}" on an empty heap returns ${answer}`;
    findings.expect('served', !isRefused, reason, () => [request]);
  }
  trial.perform(operation('free', request.id));
}

const ROUNDS = 3;

/** `returned`: the same work again and again, everything freed in between. */
export function examineRounds(subject: Subject, findings: Findings): void {
  const trial = new Trial(subject, findings);
  const work = someSequence(capabilitiesOf(trial.engine), 150);
  const peaks: number[] = [];
  const rests: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const begin = trial.steps.length;
    trial.run(work).freeAll();
    trial.inspect();
    peaks.push(Math.max(0, ...trial.steps.slice(begin).map(({ heldBytes }) => heldBytes)));
    rests.push(trial.machine.ledger.heldBytes);
  }
  const excuse = factsOf(operation('free'));
  const grows = (held: readonly number[]) =>
    held.some((bytes, round) => round > 0 && bytes > held[round - 1]!);
  if (!isExcused(subject, 'returned', excuse)) {
    findings.expect(
      'returned',
      !grows(peaks),
      () => `the same work takes at most ${peaks.join(', then ')} bytes`,
    );
    findings.expect(
      'returned',
      !grows(rests),
      () => `with everything freed ${rests.join(', then ')} bytes are held`,
    );
  }
}

/** Filling the heap until nothing goes any more breaks nothing, and what is freed can be had again. */
export function examineExhaustion(subject: Subject, findings: Findings): void {
  for (const size of [40, 1000, 3000].filter(
    (each) => each <= (subject.definition.constants.requestBytesMax ?? each),
  )) {
    const trial = new Trial(subject, findings, SMALL_HEAP_PAGES);
    let id = 0;
    let placement: Placement;
    do {
      placement = trial.perform(operation('alloc', ++id, size));
    } while (isBlock(placement) && !trial.stopped);
    trial.inspect();
    const [first] = trial.live.list();
    if (first === undefined) {
      continue;
    }
    trial.perform(operation('free', first.id));
    const again = trial.perform(operation('alloc', ++id, size));
    if (!isExcused(subject, 'returned', factsOf(operation('alloc', id, size)))) {
      const reason = () => `on a full heap an object of ${size} bytes is freed, and the next cannot be had`;
      findings.expect('returned', trial.stopped || isBlock(again), reason);
    }
    trial.freeAll();
    trial.inspect();
  }
}
