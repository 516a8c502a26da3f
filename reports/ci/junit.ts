import type { BrokenLimit } from '../../harness/compare/broken-limits';
import type { MeasuredReplay } from '../../harness/metrics/measured-replay';
import type { Results } from '../../harness/results/results';
import { escapeControls } from '../../traces/input-error';
import { beyondText } from '../beyond-text';
import { engineLabel, stopText } from '../trace-groups';

/** JUnit XML, the dialect that every CI service shows: a suite of cases that passed, failed or were skipped. */

export interface TestCase {
  readonly classname: string;
  readonly name: string;
  readonly outcome:
    { readonly kind: 'passed' } | { readonly kind: 'failed' | 'skipped'; readonly message: string };
}

/**
 * One case per replay: it fails where the engine did not come to its end, and is skipped where it lacks a verb. And
 * one that fails for each limit of the suite that is broken.
 */
export function junitOfResults({ replays }: Results, broken: readonly BrokenLimit[] = []): string {
  const engineOf = (replay: MeasuredReplay) =>
    engineLabel(
      replay,
      replays.filter(({ trace }) => trace.name === replay.trace.name),
    );
  const cases = replays.map((replay): TestCase => ({
    classname: engineOf(replay),
    name: replay.trace.name,
    outcome: replayOutcome(replay),
  }));
  const limits = broken.map((each): TestCase => ({
    classname: [engineOf(each.replay), each.replay.trace.name, each.pricing].filter(Boolean).join('.'),
    name: each.metric,
    outcome: { kind: 'failed', message: beyondText(each) },
  }));
  return junitXml([...cases, ...limits]);
}

function replayOutcome(replay: MeasuredReplay): TestCase['outcome'] {
  const message = stopText(replay);
  if (message === undefined) {
    return { kind: 'passed' };
  }
  return { kind: replay.outcome.kind === 'unsupported' ? 'skipped' : 'failed', message };
}

/** A report of test cases, in their order. */
export function junitXml(cases: readonly TestCase[]): string {
  const count = (kind: string) => cases.filter(({ outcome }) => outcome.kind === kind).length;
  const totals = `tests="${cases.length}" failures="${count('failed')}" errors="0" skipped="${count('skipped')}"`;
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites ${totals}>`,
    `<testsuite name="alloc-replay" ${totals}>`,
    ...cases.map(caseXml),
    '</testsuite>',
    '</testsuites>',
    '',
  ].join('\n');
}

function caseXml({ classname, name, outcome }: TestCase): string {
  const start = `<testcase classname="${escapeXml(classname)}" name="${escapeXml(name)}"`;
  switch (outcome.kind) {
    case 'passed':
      return `${start}/>`;
    case 'failed':
      return `${start}><failure message="${escapeXml(outcome.message)}"/></testcase>`;
    case 'skipped':
      return `${start}><skipped message="${escapeXml(outcome.message)}"/></testcase>`;
  }
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&apos;',
};

/** An attribute's text. XML has no way at all to write most control characters, so they are spelled out first. */
function escapeXml(text: string): string {
  return escapeControls(text)
    .replace(/[&<>"']/g, (sign) => ENTITIES[sign]!)
    .replace(
      /[\ufffe\uffff]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g,
      '\ufffd',
    );
}
