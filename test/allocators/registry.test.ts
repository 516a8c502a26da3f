import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { allEngines, ENGINE_NAMES, engineNamed } from '../../allocators/registry';

test('every engine is listed under its own name', () => {
  assert.equal(
    allEngines().map(({ name }) => name),
    ENGINE_NAMES,
  );
  for (const name of ENGINE_NAMES) {
    assert.is(engineNamed(name).name, name);
  }
});

test('a name that no engine has is refused, also one that every object knows', () => {
  assert.throws(
    () => engineNamed('xmalloc-tslf'),
    /unknown engine "xmalloc-tslf"; did you mean "xmalloc-tlsf"/,
  );
  assert.throws(() => engineNamed('toString'), /unknown engine "toString"/);
});

test.run();
