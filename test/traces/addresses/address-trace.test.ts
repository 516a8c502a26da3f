import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { Readable } from 'node:stream';
import { readAddressTrace, type AddressTraceSink } from '../../../traces/addresses/address-trace';
import { InputError } from '../../../traces/input-error';
import { openBytes } from '../../../traces/input/bytes';

/** What is told of a trace, a line each. */
async function told(text: string, chunkBytes = text.length): Promise<string[]> {
  const lines: string[] = [];
  const say =
    (what: string) =>
    (...values: readonly (string | number | bigint)[]) => {
      lines.push([what, ...values].join(' '));
    };
  const sink: AddressTraceSink = {
    begin: say('begin'),
    end: say('end'),
    instructions: say('instructions'),
    load: say('load'),
    dependentLoad: say('dependent'),
    store: say('store'),
    update: say('update'),
  };
  const chunks = Array.from({ length: Math.ceil(text.length / chunkBytes) }, (_, index) =>
    Buffer.from(text.slice(index * chunkBytes, (index + 1) * chunkBytes)),
  );
  await readAddressTrace(await openBytes(Readable.from(chunks), 'run.lackey'), sink);
  return lines;
}

const reading = suite('address traces');

const LACKEY = `==41== Lackey, an example Valgrind tool
==41==
I  04001000,3
 L 1ffefff7e8,8
**41** > alloc
I  04001003,5
 S 1ffefff7e0,8
 M 0421c7cc,4
**41** <
--41-- warning: something
I  04001008,2
==41== Counted 3 instructions
`;

reading('what lackey writes, with marks that the program prints through valgrind', async () => {
  const expected = [
    'instructions 1',
    `load ${0x1ffefff7e8} 8`,
    'begin alloc 5',
    'instructions 1',
    `store ${0x1ffefff7e0} 8`,
    `load ${0x421c7cc} 4`,
    `store ${0x421c7cc} 4`,
    'end 9',
    'instructions 1',
  ];
  assert.equal(await told(LACKEY), expected);
  assert.equal(await told(LACKEY.replaceAll('\n', '\r\n')), expected);
});

reading('does not depend on where the chunks are cut', async () => {
  const whole = await told(LACKEY);
  for (const bytes of [1, 2, 7, 64]) {
    assert.equal(await told(LACKEY, bytes), whole);
  }
});

reading('our own kinds, sizes left out, addresses of 64 bits', async () => {
  assert.equal(await told('# note\n> x/y\nC 0xffffffff81000040\nU10,4\nN 30\n> z\nL fedcba9876543210,16'), [
    'begin x/y 2',
    `dependent ${-(2 ** 31) + 0x1000040} 4`,
    'update 16 4',
    'instructions 30',
    'begin z 6',
    `load ${BigInt.asIntN(64, 0xfedcba9876543210n)} 16`,
  ]);
});

reading.run();

const bad = suite('bad address traces');

const refused: readonly [text: string, said: string][] = [
  ['', 'run.lackey: no access in it; expected I, L, S, M, C or U'],
  ['==1== nothing\n', 'run.lackey: no access in it'],
  ['L 10\nX 20,4\n', 'run.lackey:2:1: "X 20,4"; expected I, L, S, M, C or U with an address'],
  [' L 10,4\n L zz,4', 'run.lackey:2:4: "zz,4"; expected a hexadecimal address of up to 64 bits'],
  ['L', 'run.lackey:1:2: ""; expected a hexadecimal address'],
  [
    'L 11112222333344445',
    'run.lackey:1:3: "11112222333344445"; expected a hexadecimal address of up to 64 bits',
  ],
  ['S 10,0', 'run.lackey:1:6: "0"; expected a size from 1 to 65536 bytes'],
  ['S 10,', 'run.lackey:1:6: ""; expected a size from 1 to 65536 bytes'],
  ['S 10,99999999', 'run.lackey:1:6: "99999999"; expected a size from 1 to 65536 bytes'],
  ['S 10,4 of it', 'run.lackey:1:8: "of it"; expected the end of the line'],
  ['M 10;4', 'run.lackey:1:5: ";4"; expected the end of the line'],
  ['N x', 'run.lackey:1:3: "x"; expected a number of instructions'],
  ['N 99999999999999999999', 'run.lackey:1:3: "99999999999999999999"; expected a number of instructions'],
  ['>', 'run.lackey:1:2: ""; expected a kind of operation: up to 64 letters, digits'],
  ['> <b>', 'run.lackey:1:3: "<b>"; expected a kind of operation'],
  ['> a b', 'run.lackey:1:5: "b"; expected the end of the line'],
  ['L 10\n<\n', 'run.lackey:2:1: "<"; expected > and a kind of operation before its <'],
  ['> a\n<\n<\n', 'run.lackey:3:1: "<"; expected > and a kind of operation before its <'],
  ['**pid** > a', 'run.lackey:1:3: "pid** > a"; expected **PID** before what a program printed'],
  ['\u0000\u0001\u0002', 'run.lackey:1:1: "\\u0000\\u0001\\u0002"; expected I, L, S'],
  ['op,id,size,align\nalloc,1,2,0\n', 'run.lackey:1:1: "op,id,size,align"; expected I, L, S'],
];

for (const [text, said] of refused) {
  bad(JSON.stringify(text.slice(0, 40)), async () => {
    try {
      await told(text);
    } catch (error) {
      assert.instance(error, InputError);
      const { message } = error as Error;
      assert.ok(message.startsWith(said), message);
      assert.not.match(message, /\n/);
      return;
    }
    assert.unreachable('it was read');
  });
}

bad.run();
