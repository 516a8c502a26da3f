import { toJsonSchema } from '@valibot/to-json-schema';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { trendSchema } from '../../../harness/compare/trend';
import { explanationSchema, profileSchema } from '../../../harness/explain/explanation';
import { PACKABLE } from '../../../harness/metrics/measured-replay';
import { counts } from '../../../harness/metrics/schema';
import { jsonText } from '../../../harness/results/json-text';
import { resultsSchema } from '../../../harness/results/results';
import { comparisonSchema } from '../../../reports/comparison/json';
import { pricedAddressesSchema } from '../../../reports/priced-addresses-text';

/**
 * The JSON Schema files of what other programs read, made of the schemas that this program checks by: `npm run schemas`
 * writes them to `schemas/`, and a test compares.
 */
const SCHEMAS = {
  'results@1': resultsSchema,
  'explanation@1': explanationSchema,
  'profile@1': profileSchema,
  'comparison@1': comparisonSchema,
  'trend@1': trendSchema,
  'priced-addresses@1': pricedAddressesSchema,
} as const;

const DIALECT = 'http://json-schema.org/draft-07/schema#';

export const SCHEMA_FOLDER = path.join(__dirname, '../../../schemas');

/** File name and content of each. */
export const schemaFiles = (): [name: string, text: string][] =>
  Object.entries(SCHEMAS).map(([name, schema]) => [
    `${name}.schema.json`,
    jsonText({ $schema: DIALECT, title: `alloc-replay/${name}`, ...jsonSchemaOf(schema) }),
  ]);

function jsonSchemaOf(schema: (typeof SCHEMAS)[keyof typeof SCHEMAS]): object {
  return toJsonSchema(schema, {
    // What the program reads, old files included: a field with a default may be absent.
    typeMode: 'input',
    errorMode: 'ignore',
    overrideSchema: ({ valibotSchema, jsonSchema }) =>
      valibotSchema === counts
        ? { type: 'array', items: { type: 'integer', minimum: 0 } }
        : PACKABLE.some((each) => each === valibotSchema)
          ? { anyOf: [jsonSchema, PACKED] }
          : undefined,
  });
}

/** What an archive holds in the place of something long: `harness/results/columns.ts` says how it is packed. */
const PACKED = { type: 'string', pattern: '^[0-9]+:[A-Za-z0-9+/]*={0,2}$' } as const;

if (require.main === module) {
  fs.mkdirSync(SCHEMA_FOLDER, { recursive: true });
  for (const [name, text] of schemaFiles()) {
    fs.writeFileSync(path.join(SCHEMA_FOLDER, name), text);
  }
}
