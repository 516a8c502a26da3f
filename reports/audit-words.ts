import type { Finding, FindingGroup, LifeMoment, Moment, ObjectLife } from '../harness/studies/audit/finding';
import { ruleOf } from '../harness/studies/audit/rules';
import { countText, groupedInteger } from '../harness/text/numbers';
import { phraseText } from './phrase';

/** Findings of an audit in words, for every kind of report; each brings its own way to make names harmless. */

export type EscapeName = (name: string) => string;

export const problemText = ({ problem }: Finding, escapeName: EscapeName): string =>
  phraseText(problem, escapeName);

/** `V1 pool-returned`; the rules without a number are only named. */
export function ruleTitle({ rule }: Finding): string {
  const { name } = ruleOf(rule);
  return name === rule ? name : `${rule} ${name}`;
}

/** `line 6 (event 4)`, or only the event where the trace has no lines. */
export function momentText({ event, line }: Moment): string {
  const number = `event ${groupedInteger(event)}`;
  return line === null ? number : `line ${groupedInteger(line)} (${number})`;
}

/** `object 11, 7 bytes: allocated …, line 4; freed …, line 9`. */
export function lifeText({ id, bytes, moments }: ObjectLife, escapeName: EscapeName): string {
  const story = moments.map((moment) => lifeMomentText(moment, escapeName));
  return `object ${id}, ${countText(bytes, 'byte')}: ${story.join('; ')}`;
}

function lifeMomentText({ what, event, line }: LifeMoment, escapeName: EscapeName): string {
  const place = line === null ? `event ${groupedInteger(event)}` : `line ${groupedInteger(line)}`;
  return `${phraseText(what, escapeName)}, ${place}`;
}

/** `and 24 more like it, up to event 1,024; 12,800 bytes in all`, where there are more of its group. */
export function likeItText({ findings, bytes, lastEvent }: FindingGroup): readonly string[] {
  if (findings === 1) {
    return [];
  }
  const all = bytes === 0 ? '' : `; ${countText(bytes, 'byte')} in all`;
  return [`and ${groupedInteger(findings - 1)} more like it, up to event ${groupedInteger(lastEvent)}${all}`];
}
