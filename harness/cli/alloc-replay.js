#!/usr/bin/env node
'use strict';
/* The program as npm installs it. A clone has to be built first, and is told so. */
const { existsSync } = require('node:fs');
const { join } = require('node:path');
const process = require('node:process');

const main = join(__dirname, '../../dist/harness/cli/main.js');
if (existsSync(main)) {
  require(main);
} else {
  process.stderr.write(
    'alloc-replay: not built yet; expected `npm ci && npm run build` in this clone first\n',
  );
  process.exitCode = 2;
}
