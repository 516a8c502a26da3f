'use strict';
/* Puts another source in the place of one file's: `MUTATED_FILE` and `MUTATED_SOURCE`, a file that holds it. */
const fs = require('node:fs');
const path = require('node:path');
const { transformed } = require('../../.ci/register.cjs');

const { MUTATED_FILE: file, MUTATED_SOURCE: source } = process.env;
const extension = path.extname(file);
const load = require.extensions[extension];
require.extensions[extension] = (module, name) =>
  name === file
    ? module._compile(transformed(fs.readFileSync(source, 'utf8'), name), name)
    : load(module, name);
