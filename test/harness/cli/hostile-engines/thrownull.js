const { make } = require('./base.js');
module.exports.engine = make({
  engine: () => ({
    allocate() {
      throw null;
    },
  }),
});
