'use strict';
// The entry of a worker process, plain CommonJS, so that the same file serves the sources and the compiled package.
const process = require('node:process');
const { Worker } = require('node:worker_threads');

const [, , parent] = process.argv;

// However the parent ends, and whatever an engine here is doing, this process ends with it: a thread of its own looks,
// for the main one may never come to hear that the channel is closed.
const ASK_AGAIN_MILLISECONDS = 200;
const watch = new Worker(
  `const { workerData } = require('node:worker_threads');
  setInterval(() => {
    if (process.ppid !== workerData.parent) process.kill(process.pid, 'SIGKILL');
  }, workerData.askAgainMilliseconds);`,
  {
    eval: true,
    execArgv: [],
    workerData: { parent: Number(parent), askAgainMilliseconds: ASK_AGAIN_MILLISECONDS },
  },
);
watch.unref();

// A terminal sends Ctrl-C to every process of a command; the parent says what becomes of this one.
process.on('SIGINT', () => undefined);
// The kernel's word on files that grow beyond a limit: as an error of the write it says where.
if (process.platform !== 'win32') {
  process.on('SIGXFSZ', () => undefined);
}

const { runTimed } = require('./worker');

// What a replay comes to may depend on nothing that its key does not hold.
for (const name of Object.keys(process.env)) {
  delete process.env[name];
}

process.on('message', ({ task }) => {
  const reached = (events) => process.send({ events });
  void runTimed(task, reached).then((outcome) => process.send(outcome));
});
process.on('disconnect', () => process.exit(1));
