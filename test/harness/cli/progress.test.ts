import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { Progress, progressText } from '../../../harness/cli/workers/progress';
import { caught } from './command';

const test = suite('cli: progress');

const STATE = { partsDone: 3, parts: 8, eventsPerSecond: 1_234_567, seconds: 60, now: 'synth:tmem × tlsf' };

test('says the share, the rate, how long it will take and what is under way', () => {
  assert.is(
    progressText({ ...STATE, share: 0.75 }),
    '75 %, 3/8, 1.2 M events/s, 20 s left, synth:tmem × tlsf',
  );
  assert.is(
    progressText({ ...STATE, share: 0.1 }),
    '10 %, 3/8, 1.2 M events/s, 9 min left, synth:tmem × tlsf',
  );
});

test('foretells nothing at the start, and no rate where nothing was counted', () => {
  assert.is(progressText({ ...STATE, share: 0, eventsPerSecond: 0, now: '' }), '0 %, 3/8');
});

/** What is said within a tenth of a second of the work. */
async function said(work: (progress: Progress) => void, firstLineAfter: number): Promise<string> {
  const { stderr } = await caught(async () => {
    const progress = new Progress('replaying', ['first', 'second'], work, { firstLineAfter, lineEvery: 10 });
    await new Promise((resolve) => setTimeout(resolve, 100));
    progress.stop();
    return 0;
  });
  return stderr;
}

test('without a terminal it is lines, by events of all parts where these are known', async () => {
  const stderr = await said((progress) => {
    progress.expect(0, 100);
    progress.expect(1, 300);
    progress.done(0);
    progress.reached(1, 100);
  }, 0);
  assert.match(stderr, /^replaying: 50 %, 1\/2, .*events\/s, .* left, second\n/);
});

test('where it is not known how many events there are, by parts', async () => {
  assert.match(await said((progress) => progress.done(0), 0), /^replaying: 50 %, 1\/2/);
});

test('what is quick says nothing, and nobody has to count', async () => {
  const counted: string[] = [];
  assert.is(await said(() => counted.push('counted'), 60_000), '');
  assert.equal(counted, []);
});

test.run();
