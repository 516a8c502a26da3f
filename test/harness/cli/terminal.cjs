'use strict';
// Loaded before the program: its stderr, a pipe, passes for a terminal.
const process = require('node:process');
const { WriteStream } = require('node:tty');

const { stderr } = process;
Object.assign(stderr, { isTTY: true, columns: 80, rows: 24 });
for (const name of ['cursorTo', 'clearLine', 'clearScreenDown', 'moveCursor', 'getWindowSize']) {
  stderr[name] = WriteStream.prototype[name];
}
