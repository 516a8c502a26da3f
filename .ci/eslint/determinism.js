'use strict';
/*
 * What would let two machines, two Node versions or two runs disagree, as lists for ESLint's own restriction rules.
 * The engines and the harness must be exact: integers only, no clock, no chance, no locale, no environment.
 */

const exactness = 'differs between JavaScript engines: use integers and integer tables.';
const chance = 'Use a seeded stream (pure-rand) derived from (seed, name).';
const clock = 'Time is a host fact: only harness/cli may read it, into `environment`.';
const locale = 'Depends on the locale: compare and format code units and digits.';
const identity = 'Its order or lifetime depends on object identity.';
const environment = 'The environment is read in harness/cli only and handed in.';

const inexactMath = [
  ...['exp', 'expm1', 'log', 'log10', 'log1p', 'log2', 'pow', 'sqrt', 'cbrt', 'hypot'],
  ...[
    'sin',
    'cos',
    'tan',
    'asin',
    'acos',
    'atan',
    'atan2',
    'sinh',
    'cosh',
    'tanh',
    'asinh',
    'acosh',
    'atanh',
  ],
];

const chanceProperties = [
  { object: 'Math', property: 'random', message: chance },
  ...['randomBytes', 'randomInt', 'randomUUID', 'randomFillSync'].map((property) => ({
    property,
    message: chance,
  })),
];
const inexactProperties = inexactMath.map((property) => ({ object: 'Math', property, message: exactness }));
const hostProperties = [
  ...['env', 'argv', 'platform', 'arch', 'cwd', 'pid', 'memoryUsage'].map((property) => ({
    object: 'process',
    property,
    message: environment,
  })),
  ...['hrtime', 'uptime'].map((property) => ({ object: 'process', property, message: clock })),
];
const hostGlobals = [
  ...['Date', 'performance', 'setInterval'].map((name) => ({ name, message: clock })),
  { name: 'navigator', message: environment },
];
const localeGlobals = [{ name: 'Intl', message: locale }];
const identityGlobals = ['WeakMap', 'WeakSet', 'WeakRef', 'FinalizationRegistry'].map((name) => ({
  name,
  message: identity,
}));
const hostModules = ['os', 'perf_hooks', 'process', 'timers', 'timers/promises'].flatMap((name) => [
  { name, message: environment },
  { name: `node:${name}`, message: environment },
]);
const localeSyntax = [
  { selector: 'MemberExpression[property.name=/^(toLocale\\w+|localeCompare)$/]', message: locale },
];
const inexactSyntax = [
  { selector: 'BinaryExpression[operator="**"]', message: `\`**\` ${exactness}` },
  { selector: 'AssignmentExpression[operator="**="]', message: `\`**=\` ${exactness}` },
];
const orderSyntax = [
  { selector: 'ForInStatement', message: 'Iterate an explicit list: for…in also walks inherited keys.' },
];

/** `level`: exact (models, harness, traces), reproducible (reports), host (harness/cli). */
function determinismRules(level, moreSyntax) {
  const exact = level === 'exact';
  const host = level === 'host';
  return {
    'no-restricted-properties': [
      'error',
      ...chanceProperties,
      ...(exact ? inexactProperties : []),
      ...(host ? [] : hostProperties),
    ],
    'no-restricted-globals': [
      'error',
      ...localeGlobals,
      ...(host ? [] : hostGlobals),
      ...(exact ? identityGlobals : []),
    ],
    ...(host ? {} : { 'no-restricted-imports': ['error', { paths: hostModules }] }),
    'no-restricted-syntax': [
      'error',
      ...localeSyntax,
      ...orderSyntax,
      ...(exact ? inexactSyntax : []),
      ...moreSyntax,
    ],
  };
}

module.exports = { determinismRules };
