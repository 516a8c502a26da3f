import * as v from 'valibot';
import { measuredReplay } from '../metrics/measured-replay';
import { text, type Shape } from '../metrics/schema';

/** The name of the format; its number is raised when a reader of the old one could misread the new one. */
export const RESULTS_SCHEMA = 'alloc-replay/results@1';

/** The format of a recording that says what a program did to memory, and not with which events. */
export const ADDRESS_TRACE = 'addresses';

/** `recorded` traces count first in verdicts, the others second. */
export const LABELS = ['recorded', 'synthetic', 'adversarial'] as const;
export type Label = (typeof LABELS)[number];

/** What a suite says about its replays: it goes with them, so that who compares them later can judge by it. */
const suite = v.strictObject({
  name: text,
  /** As `--limit` takes them, in the order in which they count. */
  limits: v.array(text),
  /** By replay. */
  labels: v.array(v.picklist(LABELS, `one of ${LABELS.join(', ')}`)),
});
export type SuiteFacts = Shape<typeof suite>;

const environment = v.record(text, v.union([text, v.number(), v.boolean()]));
export type Environment = Shape<typeof environment>;

/**
 * What a run says, as `results.json` holds it. Everything but `environment` is a function of the inputs: two runs are
 * the same exactly when their files are byte-identical without it.
 */
export const resultsSchema = v.strictObject({
  schema: v.literal(RESULTS_SCHEMA),
  tool: v.strictObject({ name: v.literal('alloc-replay'), version: text }),
  /** The suite that asked for the replays, where one did. */
  suite: v.exactOptional(suite),
  replays: v.array(measuredReplay),
  /** Facts about the host and the run (time, Node version, speed); never compared. */
  environment,
});
export type Results = Shape<typeof resultsSchema>;
