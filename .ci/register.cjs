'use strict';
/*
 * Lets Node run the sources as they stand: `node -r ./.ci/register.cjs FILE`. Types are taken off, not checked, so that
 * a process starts in a second where ts-node takes four; the tests start hundreds.
 */
const { addHook } = require('sucrase/dist/register');

const options = {
  disableESTransforms: true,
  preserveDynamicImport: true,
  production: true,
  jsxRuntime: 'automatic',
  jsxImportSource: 'preact',
};
addHook('.ts', { ...options, transforms: ['imports', 'typescript'] });
addHook('.tsx', { ...options, transforms: ['imports', 'typescript', 'jsx'] });
