import type { Explanation } from '../../harness/explain/explanation';
import { jsonText } from '../../harness/results/json-text';

/** An explanation for other programs, as `harness/explain/explanation.ts` says it, in keys of a fixed order. */
export function explanationJson(explanation: Explanation): string {
  return jsonText(explanation);
}
