import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { parse } from 'csv-parse/sync';
import { createHash } from 'node:crypto';
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { profileSha256 } from '../../../harness/pricing/profile';
import {
  loadProfileFile,
  loadShippedProfile,
  parseProfile,
  PROFILE_NAMES,
} from '../../../harness/pricing/profile-file';
import { InputError, UsageError } from '../../../traces/input-error';
import { figuresOf } from './figures';
import { SMALL_PROFILE, smallProfile } from './priced-stream';

const profilesFolder = path.join(__dirname, '../../../harness/pricing/profiles');

const shipped = suite('shipped profiles');

shipped('are the files of the folder', () => {
  const files = fs.readdirSync(profilesFolder).map((file) => file.replace('.yaml', ''));
  assert.equal(files.sort(), [...PROFILE_NAMES].sort());
});

for (const name of PROFILE_NAMES) {
  shipped(`${name} loads under its own name`, () => {
    assert.is(loadShippedProfile(name).name, name);
  });

  shipped(`${name} gives a source for every figure`, () => {
    const figures = unsourced(loadShippedProfile(name), []);
    assert.equal(figures, []);
  });
}

shipped('have the figures that were looked up in the sources they cite', () => {
  const lookedUp: unknown = parse(fs.readFileSync(path.join(__dirname, 'figures.csv')), { columns: true });
  assert.equal(
    [...PROFILE_NAMES].sort().flatMap((name) => figuresOf(loadShippedProfile(name))),
    lookedUp,
  );
});

shipped('have identities of their own', () => {
  const identities = PROFILE_NAMES.map((name) => profileSha256(loadShippedProfile(name)));
  assert.is(new Set(identities).size, PROFILE_NAMES.length);
  identities.forEach((identity) => assert.match(identity, /^[0-9a-f]{64}$/));
});

shipped('the third level is missing where the processor had none', () => {
  const core2 = loadShippedProfile('core2-2008');
  assert.is(core2.model === 'caches' && core2.caches.l3, undefined);
});

/** The figures that stand in no group with a source, by path. */
function unsourced(value: unknown, at: readonly string[]): string[] {
  if (typeof value === 'number') {
    return [at.join('.')];
  }
  if (typeof value !== 'object' || value === null || 'source' in value) {
    return [];
  }
  return Object.entries(value).flatMap(([key, member]) => unsourced(member, [...at, key]));
}

shipped.run();

const identity = suite('the identity of a profile');

identity('does not depend on the order of keys, on sources or on the summary', () => {
  const told = SMALL_PROFILE.replaceAll('source: made up', 'source: measured').replace(
    'made for tests',
    'else',
  );
  const reordered = told.replace('{ bytes: 512, ways: 2,', '{ ways: 2, bytes: 512,');
  assert.is(profileSha256(parseProfile(reordered, 'a')), profileSha256(smallProfile()));
});

identity('changes with any figure', () => {
  for (const [from, to] of [
    ['cycles: 0.25', 'cycles: 0.251'],
    ['ways: 8', 'ways: 16'],
    ['4096', '2048'],
    ['name: small', 'name: other'],
  ] as const) {
    // prettier-ignore
    assert.is.not(profileSha256(smallProfile(from, to)), profileSha256(smallProfile()), from);
  }
});

identity('is the sha256 of canonical JSON', () => {
  const flat = SMALL_PROFILE.slice(0, SMALL_PROFILE.indexOf('model:'));
  const costs = SMALL_PROFILE.slice(SMALL_PROFILE.indexOf('costs:'));
  const accesses = 'accesses: { store: 3, load: 1, chase: 2.5, source: made up }\n';
  const profile = parseProfile(`${flat}model: flat\n${accesses}${costs}`, 'flat.yaml');
  const json =
    '{"accesses":{"chase":2.5,"load":1,"store":3},"clock":{"gigahertz":1},"costs":{' +
    '"bitScan":{"cycles":3},"instruction":{"cycles":0.25},"lockedUpdate":{"cycles":18},"map":{"cycles":100},' +
    '"mispredict":{"cycles":15},"tlbFlush":{"cycles":3000},"unmap":{"cycles":120}},"model":"flat","name":"small"}';
  const expected = createHash('sha256').update(json).digest('hex');
  assert.is(profileSha256(profile), expected);
});

identity.run();

const bad = suite('bad profiles');

/** What is said about the small profile with one of its lines replaced. */
function complaint(replaced: string, replacement: string): string {
  assert.ok(SMALL_PROFILE.includes(replaced), `the profile has no ${replaced}`);
  return complaintAbout(SMALL_PROFILE.replace(replaced, replacement).trimStart());
}

function complaintAbout(text: string): string {
  try {
    parseProfile(text, 'lab.yaml');
  } catch (error) {
    assert.instance(error, InputError);
    assert.not.match((error as Error).message, /\n/);
    return (error as Error).message;
  }
  return assert.unreachable('it was accepted') as never;
}

const complaints: readonly [replaced: string, replacement: string, said: string][] = [
  ['l2: { bytes: 2048, ways: 4', 'l2: { bytes: 2048, wayz: 4', 'lab.yaml:7:22: unknown key "wayz" in caches.l2; did you mean "ways"?; expected one of bytes, ways, cycles, source, index'], // prettier-ignore
  ['prefetch:', 'prefetcher:', 'lab.yaml:12:1: unknown key "prefetcher" in a profile; did you mean "prefetch"?; expected one of'], // prettier-ignore
  [
    'ways: 4, cycles: 16, ',
    'cycles: 16, ',
    'lab.yaml:7:3: no "ways" in caches.l2; expected bytes, ways, cycles, source, index',
  ],
  ['cycles: 16', 'cycles: fast', 'lab.yaml:7:31: caches.l2.cycles is "fast"; expected number'],
  ['cycles: 16', 'cycles: -1', 'lab.yaml:7:31: caches.l2.cycles is -1; expected cycles from 0 to 1000000'],
  ['cycles: 16', 'cycles: .inf', 'lab.yaml:7:39: a number that is none or has no end; expected digits'],
  ['bytes: 2048, ways: 4', 'bytes: 2048, ways: 3', 'lab.yaml:7:3: caches.l2; expected bytes / (ways × 64) to be a power of two (the number of sets)'], // prettier-ignore
  [
    'bytes: 2048',
    'bytes: 0',
    'lab.yaml:7:9: caches.l2.bytes is 0; expected a whole number from 1 to 1073741824',
  ],
  ['bytes: 2048', 'bytes: 2048.5', 'lab.yaml:7:9: caches.l2.bytes is 2048.5; expected a whole number from 1 to 1073741824'], // prettier-ignore
  ['{ entries: 16, ways: 4 }', '{ entries: 16, ways: 3 }', 'lab.yaml:15:13: tlb.second.4k; expected entries / ways to be a power of two'], // prettier-ignore
  ['l1: { bytes: 512', 'l1: { index: hashed, bytes: 512', 'lab.yaml:6:9: unknown key "index" in caches.l1; expected one of bytes, ways, cycles, source'], // prettier-ignore
  ['{ entries: 4, ways: 4 }', '{ entries: 16384, ways: 1 }', 'lab.yaml:14:18: tlb.first.4k.entries is 16384; expected a whole number from 1 to 8192'], // prettier-ignore
  ['{ entries: 4, ways: 4 }', '{ entries: 2048, ways: 2048 }', 'lab.yaml:14:12: tlb.first.4k; expected at most 1024 entries where all of them are one set'], // prettier-ignore
  ['model: caches', 'model: cahces', 'lab.yaml:4:1: model: "cahces"; did you mean "caches"?; expected model: flat or caches'], // prettier-ignore
  ['model: caches', 'clock2: {}', 'lab.yaml:1:1: no model; expected model: flat or caches'],
  [
    'name: small',
    'name: Small Lab',
    'lab.yaml:1:1: name is "Small Lab"; expected up to 64 lower-case letters',
  ],
  ['summary: made for tests', 'summary: ""', 'lab.yaml:2:1: summary is ""; expected a line of text'],
  ['memory: { cycles: 400, source: made up }', 'memory: 400', 'lab.yaml:9:1: memory is 400; expected Object'],
  ['memory: { cycles: 400', 'memory: { cycles: 400, cycles: 401', 'lab.yaml:9:24: Map keys must be unique; expected YAML'], // prettier-ignore
  ['walk: { 4k: 30', 'walk: { 4k: [30', 'lab.yaml:16:'],
];

for (const [replaced, replacement, said] of complaints) {
  bad(`${replaced} → ${replacement}`, () => {
    const message = complaint(replaced, replacement);
    assert.ok(message.startsWith(said), message);
  });
}

bad('an empty file, a list, a number', () => {
  for (const text of ['', '- 1\n- 2\n', '42', 'null']) {
    assert.match(complaintAbout(text), /^lab\.yaml:1:1: no model; expected model: flat or caches$/);
  }
});

bad('aliases that multiply, tags nobody knows, binary garbage', () => {
  const bomb = ['a: &a [x, x, x, x, x, x, x, x, x]', ...'bcdefghi'.split('').map((name, index) => `${name}: &${name} [${`*${'abcdefgh'[index]}, `.repeat(9)}]`)].join('\n'); // prettier-ignore
  assert.match(complaintAbout(bomb), /^lab\.yaml/);
  assert.match(complaintAbout('model: !!js/function "x"'), /^lab\.yaml:1:/);
  assert.match(complaintAbout('\u0000\u0001\u0002{{{'), /^lab\.yaml:1:/);
});

bad.run();

const files = suite('profiles of users');
const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'profiles-'));
files.after(() => fs.rmSync(folder, { recursive: true }));

function write(name: string, text: string | Buffer): string {
  const file = path.join(folder, name);
  fs.writeFileSync(file, text);
  return file;
}

files('are read from their path', () => {
  assert.is(loadProfileFile(write('lab.yaml', SMALL_PROFILE)).name, 'small');
});

files('say which file cannot be read', () => {
  const missing = path.join(folder, 'none.yaml');
  assert.throws(
    () => loadProfileFile(missing),
    `${missing}: cannot be read (ENOENT); expected a profile in YAML`,
  );
  assert.throws(() => loadProfileFile(folder), /cannot be read \(EISDIR\)/);
});

files('are no larger than a profile can be', () => {
  const large = write('large.yaml', Buffer.alloc((1 << 20) + 1, 0x20));
  assert.throws(() => loadProfileFile(large), /1048577 bytes; expected a profile of at most 1 MiB/);
});

files('do not pass for shipped ones', () => {
  const copy = write('copy.yaml', fs.readFileSync(path.join(profilesFolder, 'zen4-2022.yaml')));
  assert.throws(() => loadProfileFile(copy), /the name "zen4-2022" belongs to a shipped profile/);
});

files('an unknown name is answered with the nearest', () => {
  assert.throws(
    () => loadShippedProfile('zen4-2202'),
    (error: Error) => error instanceof UsageError && error.message.includes('did you mean "zen4-2022"?'),
  );
});

files.run();
