'use strict';

const process = require('node:process');

// The pool imports its worker as an ES module, past the hook that makes TypeScript run from the sources; this file is
// plain CommonJS, so that the same entry serves the sources and the compiled package.
exports.run = (task) => require('./worker').run(task);

// A terminal sends Ctrl-C to every process of a command; a suite lets the cells under way end, and then stops itself.
exports.runPatiently = (task) => {
  if (process.listenerCount('SIGINT') === 0) process.on('SIGINT', () => undefined);
  return require('./worker').runTimed(task);
};
