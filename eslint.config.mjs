import eslint from '@eslint/js';
import { defineConfig } from 'eslint/config';
import tseslint from 'typescript-eslint';
import arrows from './.ci/eslint/arrows.js';
import determinism from './.ci/eslint/determinism.js';

const { determinismRules } = determinism;
const typescript = ['**/*.ts', '**/*.tsx'];
const code = ['harness', 'allocators', 'traces', 'reports'].map((folder) => `${folder}/**/*.{ts,tsx}`);
const exact = ['harness', 'allocators', 'traces'].map((folder) => `${folder}/**/*.ts`);

const moduleState = 'No module-level mutable state: keep it in an object that its user creates.';
const houseSyntax = [
  { selector: 'Program > VariableDeclaration[kind!="const"]', message: moduleState },
  { selector: 'Program > ExportNamedDeclaration > VariableDeclaration[kind!="const"]', message: moduleState },
  {
    selector:
      ':matches(Program, ExportNamedDeclaration) > VariableDeclaration > VariableDeclarator > NewExpression[callee.name=/^(Map|Set|WeakMap|WeakSet)$/][arguments.length=0]',
    message: moduleState,
  },
  { selector: 'ExportDefaultDeclaration', message: 'Export by name: one name for one thing everywhere.' },
];

const rawWrites = ['stdout', 'stderr'].map((stream) => ({
  selector: `CallExpression[callee.property.name="write"][callee.object.property.name="${stream}"]`,
  message: 'What is said passes output/terminal.ts, which lets no command to a terminal or a runner through.',
}));

export default defineConfig(
  {
    ignores: [
      ...['dist/', 'out/', 'coverage/', '**/data/'],
      ...['traces/recorded/', 'test/golden/', 'test/measured/', 'test/recordings/'],
      // AssemblyScript: its own compiler checks it.
      ...['harness/pricing/kernel/', 'harness/foreign/kernel/', 'allocators/assemblyscript/'],
    ],
  },
  eslint.configs.recommended,
  { files: typescript, extends: [tseslint.configs.recommended] },
  {
    files: ['**/*.js', '**/*.mjs', '**/*.cjs'],
    languageOptions: { globals: nodeGlobals() },
  },
  {
    rules: {
      curly: ['error', 'all'],
      eqeqeq: 'error',
      'max-lines': ['error', 400],
      'max-len': [
        'error',
        {
          code: 120,
          ignoreUrls: true,
          ignoreStrings: true,
          ignoreTemplateLiterals: true,
          ignoreRegExpLiterals: true,
        },
      ],
      'no-var': 'error',
      'prefer-const': 'error',
    },
  },
  {
    files: typescript,
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      '@typescript-eslint/await-thenable': 'error',
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/no-misused-promises': 'error',
      '@typescript-eslint/switch-exhaustiveness-check': [
        'error',
        { considerDefaultExhaustiveForUnions: true },
      ],
      '@typescript-eslint/consistent-type-imports': ['error', { disallowTypeAnnotations: false }],
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
      'no-control-regex': 'off',
    },
  },
  {
    files: code,
    plugins: { house: { rules: { arrows: arrows.rule } } },
    rules: {
      'house/arrows': 'error',
      'max-lines-per-function': ['error', { max: 70, skipBlankLines: true, skipComments: true }],
      'no-console': 'error',
      ...determinismRules('reproducible', houseSyntax),
    },
  },
  { files: exact, rules: determinismRules('exact', houseSyntax) },
  // Whose a file in the making is, and whether its writer still runs, only the host knows; no result depends on it.
  {
    files: ['traces/output/whole-file.ts', 'traces/output/ending.ts'],
    rules: { 'no-restricted-imports': 'off', ...determinismRules('host', houseSyntax) },
  },
  {
    files: ['harness/cli/**/*.{ts,tsx}'],
    rules: {
      'no-restricted-imports': 'off',
      ...determinismRules('host', [...houseSyntax, ...rawWrites]),
    },
  },
  {
    files: ['harness/cli/output/terminal.ts'],
    rules: determinismRules('host', houseSyntax),
  },
);

function nodeGlobals() {
  const names = [
    'require',
    'module',
    'process',
    'Buffer',
    'console',
    '__dirname',
    '__filename',
    'setTimeout',
    'clearTimeout',
  ];
  return Object.fromEntries(names.map((name) => [name, 'readonly']));
}
