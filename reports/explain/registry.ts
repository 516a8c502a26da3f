import type { Explanation } from '../../harness/explain/explanation';
import { explanationCollapsed } from './collapsed';
import { explanationJson } from './json';
import { explanationSpeedscope } from './speedscope';
import { explanationText } from './text';
import { explanationTraceEvents } from './trace-event';

/** Every form that an explanation can take, one line each. */
const RENDERERS = {
  text: explanationText,
  json: explanationJson,
  'trace-event': explanationTraceEvents,
  speedscope: explanationSpeedscope,
  collapsed: explanationCollapsed,
} as const satisfies Readonly<Record<string, (explanation: Explanation) => string>>;

export type ExplanationFormat = keyof typeof RENDERERS;

export const EXPLANATION_FORMATS = Object.keys(RENDERERS) as ExplanationFormat[];

export function renderExplanation(format: ExplanationFormat, explanation: Explanation): string {
  return RENDERERS[format](explanation);
}
