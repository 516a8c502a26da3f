const { make } = require('./base.js');
module.exports.engine = make({
  engine: () => ({
    allocate() {
      throw new Error('boom\n::error::x\u001b[31m<script>');
    },
  }),
});
