'use strict';

// The pool imports its worker as an ES module, past the hook that makes TypeScript run from the sources; this file is
// plain CommonJS, so that the same entry serves the sources and the compiled package.
exports.run = (task) => require('./worker').run(task);
