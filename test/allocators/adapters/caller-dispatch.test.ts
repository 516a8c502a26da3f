import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { CallerDispatch } from '../../../allocators/adapters/caller-dispatch';
import { isBlock } from '../../../traces/trace';
import { booted } from '../booted';

/** Proposal 1 as its callers see it: both routines serve everything, and mixing them up is found out. */

for (const inner of ['xmalloc-first-fit', 'xmalloc-tlsf-2008', 'xmalloc-tlsf']) {
  test(`callers get any size, without a page for the header (over ${inner})`, () => {
    for (let bytes = 1; bytes <= 8 * 4096; bytes += bytes < 8200 ? 1 : 97) {
      const stack = dispatchStack(inner, bytes === 1);
      const { engine, machine } = stack;
      const before = machine.ledger.heldBytes;
      const object = engine.allocate(bytes, 0);
      assert.ok(isBlock(object), `${bytes} bytes`);
      const pages = 2 ** Math.ceil(Math.log2(Math.ceil(bytes / 4096)));
      assert.is(machine.ledger.heldBytes - before, pages * 4096, `${bytes} bytes`);
      engine.free(object, bytes, 0);
      assert.is(machine.ledger.heldBytes, before);
    }
  });
}

test('the wrong routine and the wrong order are caller errors', () => {
  const mistakes = [
    [100, 'page_free', /sub-page object given to the page free/],
    [8192, 'xfree_subpage', /page object given to the sub-page free/],
    [8192, 'page_free(2)', /pages of order 1 freed as order 2/],
  ] as const;
  for (const [bytes, call, message] of mistakes) {
    const { engine } = booted('caller-dispatch');
    const object = engine.allocate(bytes, 0);
    engine.callSite!('site', call);
    assert.throws(() => engine.free(object, bytes, 0), message);
  }
});

test('the right routine is accepted, named or not', () => {
  const { engine, machine } = booted('caller-dispatch', { engine: 'xmalloc-first-fit' });
  for (const [bytes, call] of [
    [100, 'xfree_subpage'],
    [8192, 'page_free'],
    [8192, 'page_free(1)'],
    [8192, ''],
  ] as const) {
    const object = engine.allocate(bytes, 0);
    engine.callSite!('site', call);
    engine.free(object, bytes, 0);
  }
  assert.is(machine.ledger.heldBytes, 0);
  engine.check();
});

test('runs of pages are found and walked, each page a block', () => {
  const { engine } = booted('caller-dispatch');
  const large = engine.allocate(9000, 0);
  const small = engine.allocate(100, 0);
  assert.equal(engine.blockAt(large, 9000, 0), { start: large, bytes: 4 * 4096, headerBytes: 0 });
  assert.ok(engine.blockAt(small, 100, 0)!.bytes < 4096);
  const pages: number[] = [];
  engine.walk((start, bytes, state) => {
    if (bytes === 4096 && state === 'allocated') {
      pages.push(start - large);
    }
  });
  assert.equal(pages, [0, 4096, 8192, 12_288]);
});

test('only call sites that ask for both kinds need the test', () => {
  const { engine } = booted('caller-dispatch');
  assert.instance(engine, CallerDispatch);
  const requests = [
    ['small', 100],
    ['large', 9000],
    ['either', 100],
    ['either', 9000],
    ['small', 200],
  ] as const;
  for (const [site, bytes] of requests) {
    engine.callSite!(site, 'xmalloc');
    engine.allocate(bytes, 0);
  }
  assert.is((engine as CallerDispatch).sitesThatNeedTheTest, 1);
});

test.run();

const stacks = new Map<string, ReturnType<typeof booted>>();

/** One stack an inner engine, warmed up so that what it keeps for ever is there. */
function dispatchStack(inner: string, fresh: boolean): ReturnType<typeof booted> {
  if (fresh) {
    const stack = booted('caller-dispatch', { engine: inner });
    stack.engine.free(stack.engine.allocate(1, 0), 1, 0);
    stacks.set(inner, stack);
  }
  return stacks.get(inner)!;
}
