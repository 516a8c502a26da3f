'use strict';
/*
 * Runs the tests. uvu alone passes silently when a pattern matches no file, when a file forgets `.run()`, when a
 * hook throws, and it waits for ever on a test that hangs; this runner turns each of those into a failure. It deals
 * the files to one process per core, at most two, and prints their output in the order of their paths whichever
 * process ran them. The last line, alone, is the count: `N passed, N failed`.
 *
 *   node test/run.js [--full] [--times] [--timeout-seconds N] [PATTERN…]
 *
 * A pattern is a regular expression over the path. `--times` adds what each file took of the processor, the processes
 * that it started included: what to cut first.
 */
const { fork, spawnSync } = require('node:child_process');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');

const root = path.join(__dirname, '..');
const processLimit = 2;
/** A hang must not outlive what continuous integration waits for, however busy its machine is. */
const defaultTimeoutSeconds = 3600;
const fullTimeoutSeconds = 14_400;

main();

async function main() {
  const options = readOptions(process.argv.slice(2));
  const files = findFiles(options);
  const problems = [];
  if (files.length === 0) {
    problems.push('no test file matches');
  }
  if (options.patterns.length === 0) {
    problems.push(...filesMissing(files, options));
  }
  for (const file of files) {
    if (!sourceOf(file).includes('.run()')) {
      problems.push(`${file}: never calls .run(), so its tests would not run`);
    }
  }
  // What tests make once and share, such as the packed project.
  const shared = fs.mkdtempSync(path.join(os.tmpdir(), 'alloc-replay-tests-'));
  process.env.TEST_RUN_FOLDER = shared;
  const outcomes = problems.length > 0 ? [] : await runAll(files, options.timeoutSeconds);
  fs.rmSync(shared, { recursive: true, force: true });
  report(outcomes, problems, options);
}

function readOptions(argv) {
  const options = { full: false, times: false, timeoutSeconds: undefined, patterns: [] };
  for (let i = 0; i < argv.length; i++) {
    if (argv[i] === '--full') {
      options.full = true;
    } else if (argv[i] === '--times') {
      options.times = true;
    } else if (argv[i] === '--timeout-seconds') {
      options.timeoutSeconds = Number(argv[++i]);
    } else if (argv[i].startsWith('-')) {
      refuse(`unknown option ${argv[i]}; expected --full, --times, --timeout-seconds`);
    } else {
      options.patterns.push(argv[i]);
    }
  }
  options.timeoutSeconds ??= options.full ? fullTimeoutSeconds : defaultTimeoutSeconds;
  if (!(options.timeoutSeconds > 0)) {
    refuse('--timeout-seconds: expected a number above 0');
  }
  return options;
}

function refuse(message) {
  process.stderr.write(`test/run.js: ${message}\n`);
  process.exit(2);
}

/** Every test file, by path; the long-running `*.full.test.ts` only with --full or when a pattern names one. */
function findFiles({ full, patterns }) {
  const matchers = patterns.map((pattern) => new RegExp(pattern));
  return fs
    .readdirSync(__dirname, { recursive: true })
    .map((name) => `test/${name.split(path.sep).join('/')}`)
    .filter((file) => /\.test\.tsx?$/.test(file))
    .filter(
      (file) => full || !file.includes('.full.test.') || patterns.some((pattern) => pattern.includes('full')),
    )
    .filter((file) => matchers.length === 0 || matchers.some((matcher) => matcher.test(file)))
    .sort();
}

/** What git has that was not found; nothing where there is no git. */
function filesMissing(files, { full }) {
  const { stdout } = spawnSync('git', ['ls-files', 'test'], { cwd: root, encoding: 'utf8' });
  return (stdout ?? '')
    .split('\n')
    .filter((file) => /\.test\.tsx?$/.test(file) && (full || !file.includes('.full.test.')))
    .filter((file) => !files.includes(file))
    .map((file) => `${file}: git has it, and it was not found`);
}

/** Deals the files to the worker processes one by one; resolves to one outcome per file, in the files' order. */
async function runAll(files, timeoutSeconds) {
  const outcomes = files.map((file) => ({
    file,
    output: '',
    finished: false,
    passed: 0,
    failed: 0,
    skipped: 0,
    processorSeconds: 0,
  }));
  const printer = printInOrder(outcomes);
  const dealer = { outcomes, next: 0, deadline: Date.now() + timeoutSeconds * 1000, timeoutSeconds, printer };
  const processCount = Math.min(processLimit, os.availableParallelism(), files.length);
  await Promise.all(Array.from({ length: processCount }, () => runShare(dealer)));
  return outcomes;
}

/** One lane: keeps a worker process busy until no file is left; a worker that dies is replaced for the next file. */
async function runShare(dealer) {
  while (dealer.next < dealer.outcomes.length) {
    await runWorker(dealer);
  }
}

function runWorker(dealer) {
  return new Promise((resolve) => {
    const worker = fork(path.join(__dirname, 'run-worker.js'), [], {
      cwd: root,
      execArgv: [
        '--enable-source-maps',
        // Tests make thousands of machines with megabytes of arrays each; without room, all that is collected after
        // every few of them: a third of what conformance takes.
        '--initial-old-space-size=256',
        ...['-r', path.join(root, '.ci/register.cjs')],
      ],
      env: { ...process.env, ...(process.stdout.isTTY && { FORCE_COLOR: '1' }) },
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    });
    let current;
    let timedOut = false;
    const deal = () => {
      current = dealer.outcomes[dealer.next++];
      if (current === undefined) {
        worker.disconnect();
      } else {
        worker.send({ file: current.file });
      }
    };
    const timer = setTimeout(
      () => {
        timedOut = true;
        worker.kill('SIGKILL');
      },
      Math.max(1, dealer.deadline - Date.now()),
    );
    worker.on('message', (message) => {
      if (message.output !== undefined) {
        current.output += message.output;
      }
      if (message.counts === undefined) {
        return;
      }
      current.processorSeconds = message.processorSeconds;
      finish(current, message.counts, dealer.printer);
      deal();
    });
    worker.on('exit', (code, signal) => {
      clearTimeout(timer);
      if (current !== undefined && !current.finished) {
        const cause = timedOut
          ? `still running when the time-out of ${dealer.timeoutSeconds} s for the whole run struck`
          : `ended its process before its tests ended (${signal ?? `exit code ${code}`})`;
        current.output += `\n${current.file}: ${cause}\n`;
        finish(current, { passed: 0, failed: 1, skipped: 0 }, dealer.printer);
      }
      if (timedOut) {
        abandonRest(dealer);
      }
      resolve();
    });
    deal();
  });
}

function abandonRest(dealer) {
  while (dealer.next < dealer.outcomes.length) {
    const outcome = dealer.outcomes[dealer.next++];
    outcome.output += `\n${outcome.file}: not started before the time-out\n`;
    finish(outcome, { passed: 0, failed: 1, skipped: 0 }, dealer.printer);
  }
}

function finish(outcome, { passed, failed, skipped }, printer) {
  Object.assign(outcome, { passed, failed, skipped, finished: true });
  printer();
}

/** Prints each finished file's output as soon as every file before it has been printed. */
function printInOrder(outcomes) {
  let printed = 0;
  return () => {
    while (outcomes[printed]?.finished) {
      process.stdout.write(outcomes[printed++].output);
    }
  };
}

function sourceOf(file) {
  return fs.readFileSync(path.join(root, file), 'utf8');
}

/** How many tests a source tells one by one; those that a loop tells come on top. */
function testsTold(source) {
  const suites = [...source.matchAll(/^const (\w+) = suite\b/gm)].map(([, name]) => name);
  return source.match(new RegExp(`^(${['test', ...suites].join('|')})\\(`, 'gm'))?.length ?? 0;
}

function report(outcomes, problems, { times }) {
  const sum = (field) => outcomes.reduce((total, outcome) => total + outcome[field], 0);
  const passed = sum('passed');
  const skipped = sum('skipped');
  for (const { file, passed: ran, failed: broken, skipped: left } of outcomes) {
    const told = testsTold(sourceOf(file));
    if (ran + broken + left < told) {
      problems.push(`${file}: tells ${told} tests, ran ${ran + broken}`);
    }
  }
  const failed = sum('failed') + problems.length;
  process.stdout.write('\n');
  if (times) {
    reportTimes(outcomes);
  }
  const failedFiles = outcomes.filter((outcome) => outcome.failed > 0).map((outcome) => outcome.file);
  for (const problem of [...failedFiles, ...problems]) {
    process.stdout.write(`failed: ${problem}\n`);
  }
  if (skipped > 0) {
    process.stdout.write(`${skipped} skipped\n`);
  }
  process.stdout.write(`files: ${outcomes.length}\n${passed} passed, ${failed} failed\n`);
  process.exitCode = failed === 0 ? 0 : 1;
}

function reportTimes(outcomes) {
  const total = outcomes.reduce((seconds, { processorSeconds }) => seconds + processorSeconds, 0);
  const line = (seconds, what) => `${seconds.toFixed(1).padStart(8)} s  ${what}\n`;
  for (const { file, processorSeconds } of outcomes.toSorted(
    (a, b) => b.processorSeconds - a.processorSeconds,
  )) {
    if (processorSeconds >= 1) {
      process.stdout.write(line(processorSeconds, file));
    }
  }
  process.stdout.write(`${line(total, 'of the processor in all')}\n`);
}
