import type { Explanation, Profile } from '../../harness/explain/explanation';
import { jsonText } from '../../harness/results/json-text';

/** An explanation or a profile for programs, as `harness/explain/explanation.ts` says it, in keys of a fixed order. */
export function explanationJson(explanation: Explanation | Profile): string {
  return jsonText(explanation);
}
