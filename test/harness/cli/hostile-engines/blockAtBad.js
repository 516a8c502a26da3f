const { make } = require('./base.js');
module.exports.engine = make({
  engine: () => ({
    blockAt() {
      return { start: NaN, bytes: -5, headerBytes: 'x' };
    },
  }),
});
