import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { importText } from './importing';

const tuples = `Attaching to kernel allocators, Ctrl+C to quit.
(b'Relay(35)', 402, 6, b'd...1', 20299.252425, b'alloc entered, size = 4096')
(b'Relay(35)', 402, 6, b'd...1', 20299.252425, b'alloc exited, size = 4096, result = ffff8881009cc000')
(b"it's, 7, 8, b'", 410, 6, b'd...1', 20299.252426, b'free entered, address = 588a6f, size = 4096')
(b"it's, 7, 8, b'", 410, 6, b'd...1', 20299.252426, b'alloc exited, size = 256, result = ffff8882e9b66400')
('sudo', 6938, 10, 'd...1', 20299.252439, 'alloc exited, size = 2048, result = 0')
(b'Relay(35)', 402, 6, b'd...1', 20299.252428, b'free entered, address = ffff8881009cc000, size = 4096')
`;

test("bcc's tuples", async () => {
  const { events, counts, format } = await importText(tuples);
  assert.is(format, 'memleak');
  assert.equal(events, ['alloc 0 4096', 'alloc 1 256', 'free 0']);
  assert.equal(counts, { orphanFrees: 1, failed: 1 });
});

test('lines of the trace pipe', async () => {
  const { events, counts, format } =
    await importText(`           <...>-402     [006] d...1 20299.252425: bpf_trace_printk: alloc exited, size = 16, result = ffff8881009cc000
 node-410 (    410) [018] d...1 20299.252426: bpf_trace_printk: free entered, address = 0xffff8881009cc000
`);
  assert.is(format, 'memleak');
  assert.equal(events, ['alloc 0 16', 'free 0']);
  assert.equal(counts, {});
});

test('a task may be taken alone, and its name is the site if sites are wanted', async () => {
  const one = await importText(tuples, { pid: 410, sites: true });
  assert.equal(one.events, [`alloc 0 256 site=it's, 7, 8, b'`]);
  assert.equal(one.counts, { orphanFrees: 1, otherPidLines: 3 });
  const piped = await importText(' a b-7 [006] x: bpf_trace_printk: alloc exited, size = 16, result = ff', { pid: 7, sites: true }); // prettier-ignore
  assert.equal(piped.events, ['alloc 0 16 site=a b']);
});

for (const damaged of [
  "b'alloc exited, size = 16",
  "b'alloc exited, size = x, result = ff",
  "b'free entered, address = , size = 1",
]) {
  test(`${damaged} is no line of the grammar`, async () => {
    assert.equal((await importText(damaged, {}, 'memleak')).counts, { unparsedLines: 1 });
  });
}

test.run();
