'use strict';
/*
 * Which folder may import which: the one-way arrows of the house, as a table and as the ESLint rule that holds it.
 * A new folder under harness/ needs its line here before anything in it can be imported.
 */
const path = require('node:path');

/** May be imported from every folder: numbers that all mean alike, seeded chance, bad input, how files are written. */
const openToAll = [
  'traces/ground/ascii-text.ts',
  'traces/ground/id-table.ts',
  'traces/ground/integer-hash.ts',
  'traces/ground/integers.ts',
  'traces/ground/line-outside.ts',
  'traces/object-handles.ts',
  'traces/random.ts',
  'traces/input-error.ts',
  'traces/output/whole-file.ts',
  'traces/output/ending.ts',
];

/** The harness knows traces only as this model. */
const traceModel = 'traces/trace.ts';

/** Zone → the zones it may import besides itself; `all` marks the composition roots. */
const arrows = {
  'harness/cli': 'all',
  'harness/index.ts': 'all',
  'harness/text': [],
  'harness/machine': [traceModel],
  'harness/pricing': [traceModel, 'harness/text', 'harness/machine'],
  'harness/replay': [traceModel, 'harness/machine'],
  'harness/foreign': [traceModel, 'harness/text', 'harness/machine', 'harness/replay'],
  'harness/conformance': [traceModel, 'harness/machine', 'harness/replay'],
  'harness/metrics': [traceModel, 'harness/text', 'harness/machine', 'harness/pricing', 'harness/replay'],
};
arrows['harness/explain'] = [...arrows['harness/metrics'], 'harness/metrics'];
arrows['harness/results'] = [...arrows['harness/metrics'], 'harness/metrics'];
for (const top of ['harness/suite', 'harness/compare', 'harness/studies']) {
  arrows[top] = [...arrows['harness/results'], 'harness/results'];
}
arrows.allocators = [traceModel, 'harness/machine', 'harness/replay'];
arrows.reports = [
  'harness/text',
  'harness/results',
  'harness/metrics',
  'harness/compare',
  'harness/studies',
  'harness/explain',
];
arrows.traces = [traceModel];
arrows.test = 'all';

const singleFileZones = new Set([...openToAll, traceModel, 'harness/index.ts']);

/** The zone of a path relative to the root, or undefined outside the five code folders. */
function zoneOf(relativePath) {
  const file = relativePath.split(path.sep).join('/');
  const asSource = `${file.replace(/\.(ts|tsx|js)$/, '')}.ts`;
  if (singleFileZones.has(asSource)) {
    return asSource;
  }
  if (file === 'harness') {
    return 'harness/index.ts';
  }
  const [top, second] = file.split('/');
  if (top === 'harness') {
    return `harness/${second}`;
  }
  return ['allocators', 'reports', 'traces', 'test'].includes(top) ? top : undefined;
}

/** Why `from` may not import `to` (both relative to the root), or undefined when it may. */
function refusal(from, to) {
  const toZone = zoneOf(to);
  // What is open to others is, looking outwards, part of traces/ like its neighbours.
  const fromZone = from.startsWith('traces') ? 'traces' : zoneOf(from);
  if (fromZone === undefined) {
    return undefined;
  }
  if (to.startsWith('..')) {
    return `${fromZone} reaches outside the project`;
  }
  if (toZone === undefined) {
    return fromZone === 'test' ? undefined : `${to} is outside the code folders`;
  }
  if (fromZone === toZone || openToAll.includes(toZone)) {
    return undefined;
  }
  const allowed = arrows[fromZone];
  if (allowed === undefined) {
    return `${fromZone} has no line in .ci/eslint/arrows.js`;
  }
  if (allowed === 'all' || allowed.includes(toZone)) {
    return undefined;
  }
  return `${fromZone} may import ${[...allowed, ...openToAll].join(', ')}; not ${toZone}`;
}

const root = path.join(__dirname, '..', '..');

const rule = {
  meta: { type: 'problem', schema: [], messages: { arrow: 'Against the arrows of the house: {{why}}.' } },
  create(context) {
    const check = (source) => {
      if (typeof source?.value !== 'string' || !source.value.startsWith('.')) {
        return;
      }
      const target = path.resolve(path.dirname(context.filename), source.value);
      const why = refusal(path.relative(root, context.filename), path.relative(root, target));
      if (why !== undefined) {
        context.report({ node: source, messageId: 'arrow', data: { why } });
      }
    };
    return {
      ImportDeclaration: (node) => check(node.source),
      ExportNamedDeclaration: (node) => check(node.source),
      ExportAllDeclaration: (node) => check(node.source),
      ImportExpression: (node) => check(node.source),
      TSImportType: (node) => check(node.source ?? node.argument?.literal),
      TSExternalModuleReference: (node) => check(node.expression),
      'CallExpression[callee.name="require"]': (node) => check(node.arguments[0]),
      'CallExpression[callee.property.name="resolve"][callee.object.name="require"]': (node) =>
        check(node.arguments[0]),
    };
  },
};

module.exports = { arrows, refusal, rule };
