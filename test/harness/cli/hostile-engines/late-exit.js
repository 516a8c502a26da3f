// Ends whatever process loads it, a moment later.
const { make } = require('./base.js');
setTimeout(() => process.exit(0), 1);
module.exports.engine = make({ name: 'late-exit' });
