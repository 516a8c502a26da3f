import type { Explanation, Profile } from '../../harness/explain/explanation';
import { explanationCollapsed, profileCollapsed } from './collapsed';
import { explanationJson } from './json';
import { profileText } from './profile-text';
import { explanationPage, profilePage } from './source-page';
import type { Terminal } from '../text-columns';
import type { SourceTexts } from './source-words';
import { explanationSpeedscope } from './speedscope';
import { explanationText } from './text';
import { explanationTraceEvents } from './trace-event';

/**
 * Every form that an explanation can take, one line each. A renderer may use the sources that are at hand, and fit a
 * terminal.
 */
const RENDERERS = {
  text: explanationText,
  json: explanationJson,
  html: explanationPage,
  'trace-event': explanationTraceEvents,
  speedscope: explanationSpeedscope,
  collapsed: explanationCollapsed,
} as const satisfies Readonly<
  Record<string, (explanation: Explanation, sources: SourceTexts, terminal: Terminal) => string>
>;

export type ExplanationFormat = keyof typeof RENDERERS;

export const EXPLANATION_FORMATS = Object.keys(RENDERERS) as ExplanationFormat[];

export function renderExplanation(
  format: ExplanationFormat,
  explanation: Explanation,
  sources: SourceTexts = new Map(),
  terminal: Terminal = {},
): string {
  return RENDERERS[format](explanation, sources, terminal);
}

/** The forms of a whole replay summed up: it has no order in time, so no spans. */
const PROFILE_RENDERERS = {
  text: profileText,
  json: explanationJson,
  html: profilePage,
  collapsed: profileCollapsed,
} as const satisfies Partial<
  Record<ExplanationFormat, (profile: Profile, sources: SourceTexts, terminal: Terminal) => string>
>;

export type ProfileFormat = keyof typeof PROFILE_RENDERERS;

export const PROFILE_FORMATS = Object.keys(PROFILE_RENDERERS) as ProfileFormat[];

export const isProfileFormat = (format: string): format is ProfileFormat =>
  Object.hasOwn(PROFILE_RENDERERS, format);

export function renderProfile(
  format: ProfileFormat,
  profile: Profile,
  sources: SourceTexts = new Map(),
  terminal: Terminal = {},
): string {
  return PROFILE_RENDERERS[format](profile, sources, terminal);
}
