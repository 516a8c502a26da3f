'use strict';
/*
 * The child process of test/run.js: receives `{file}` messages, runs each file's suites through uvu, sends what they
 * printed as `{output}` and what they came to as `{counts: {passed, failed, skipped}}`. The counts come from what
 * uvu's suites return, not from what was printed, so a test that prints cannot forge or hide one.
 */
const fs = require('node:fs');
const path = require('node:path');

// uvu starts a run by itself unless this is set before it is loaded.
globalThis.UVU_DEFER = 1;
const uvu = require('uvu');

const root = path.join(__dirname, '..');
const realWrite = process.stdout.write.bind(process.stdout);
let suitesCreated = 0;

const createSuite = uvu.suite;
uvu.suite = (...parameters) => {
  suitesCreated += 1;
  return createSuite(...parameters);
};

for (const stream of [process.stdout, process.stderr]) {
  stream.write = (chunk, encoding, callback) => {
    if (!process.connected) {
      return realWrite(chunk, encoding, callback);
    }
    const text = typeof chunk === 'string' ? chunk : Buffer.from(chunk).toString('utf8');
    process.send({ output: text });
    const done = typeof encoding === 'function' ? encoding : callback;
    if (done) {
      process.nextTick(done);
    }
    return true;
  };
}

process.on('message', async ({ file }) => {
  const counts = { passed: 0, failed: 0, skipped: 0 };
  const before = processorSeconds();
  try {
    await runFile(file, counts);
  } catch (error) {
    counts.failed += 1;
    process.stdout.write(`\n${file}: ${error?.stack ?? error}\n`);
  }
  process.send({ counts, processorSeconds: processorSeconds() - before });
});

// A file may leave handles open; without a parent there is nothing left to wait for.
process.on('disconnect', () => process.exit(0));

async function runFile(file, counts) {
  const group = [file];
  globalThis.UVU_QUEUE = [group];
  globalThis.UVU_INDEX = 0;
  suitesCreated = 0;
  require(path.join(root, file));
  const suitesRun = group.length - 1;
  const testsBefore = counts.passed + counts.failed;
  for (let i = 1; i <= suitesRun; i++) {
    const runSuite = group[i];
    group[i] = async () => {
      const [errors, passed, skipped, total] = await runSuite();
      counts.passed += passed;
      counts.failed += total - passed;
      counts.skipped += skipped;
      if (passed < total && errors === true) {
        process.stdout.write(`${file}: a hook threw, or a test threw something that is not an Error\n`);
      }
      return [errors, passed, skipped, total];
    };
  }
  await uvu.exec();
  if (suitesRun < suitesCreated) {
    throw new Error(`${suitesCreated} suites are declared but only ${suitesRun} were run`);
  }
  if (counts.passed + counts.failed === testsBefore) {
    throw new Error('no test ran');
  }
}

/** Of this process and of those that it started and waited for, which only Linux tells. */
function processorSeconds() {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6 + childTicks() / 100;
}

function childTicks() {
  try {
    const afterName = fs.readFileSync('/proc/self/stat', 'utf8').split(') ')[1].split(' ');
    return Number(afterName[13]) + Number(afterName[14]);
  } catch {
    return 0;
  }
}
