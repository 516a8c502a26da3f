import {
  chmodSync,
  copyFileSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { run, type Installed } from '../installed';

/** The folder of a newcomer: a repository with an engine, traces and results such as the examples speak of. */

const HEAPTRACK = join(__dirname, '../recordings/heaptrack/probe.zst');

/** Programs of the newcomer's, before those of the system. */
export const TOOLS = '.tools';

/** An allocator in C as people have one: it has never heard of us. */
export const ALLOCATOR_IN_C = `#include <stddef.h>
#include <stdint.h>

/* Free lists by powers of two: nothing is split, nothing joined. */
static struct cell { struct cell *next; } *lists[32];
static char *fresh, *end;

void tlsf_init(void *memory, size_t bytes) {
    fresh = memory;
    end = fresh + bytes;
}

void *tlsf_malloc(size_t bytes) {
    int order = 5;
    while (((size_t)1 << order) < bytes + 16) order++;
    char *object = (char *)lists[order];
    if (object) {
        lists[order] = lists[order]->next;
        return object;
    }
    if ((size_t)(end - fresh) < (size_t)1 << order) return NULL;
    object = fresh + 16;
    fresh += (size_t)1 << order;
    *(uint64_t *)(object - 16) = order;
    return object;
}

void tlsf_free(void *object) {
    int order = (int)*(uint64_t *)((char *)object - 16);
    struct cell *cell = object;
    cell->next = lists[order];
    lists[order] = cell;
}
`;

/** A suite of seconds. In a file with a shipped suite's name it runs in that one's place. */
const SUITE = `suite: mine
summary: a suite of seconds
pricings: [flat]
groups:
  - group: all
    traces: ["synth:churn?live=20&ops=100", "synth:ramp?objects=50", recorded:git-status]
    engines: [./my-engine.ts, textbook-first-fit]
`;

/** What is not ours to play: `npx`, where it would look up the package, and a recorder's work. */
const TOOLS_OF_OTHERS = {
  npx: 'exec "$@"',
  valgrind: `log=$(printf '%s\\n' "$@" | sed -n 's/^--log-file=//p')
case "$*" in
  *--tool=lackey*) printf 'I  0023C790,2\\n L 1FFEFFE7C0,8\\n S 0025D000,8\\n M 0025D008,4\\n' >&9 ;;
  *) cp prog.recorded "$log" ;;
esac`,
};

/** What of the package is a newcomer's too: the engine and the driver in the README of the allocators. */
function codeBlock({ folder }: Installed, language: string): string {
  const readme = readFileSync(join(folder, 'allocators/README.md'), 'utf8');
  return new RegExp(`\`\`\`${language}\n([^]*?)\`\`\``).exec(readme)![1]!;
}

/** What the tool itself makes of it beforehand; what is compared is the same on both sides. */
const BEFOREHAND = [
  'alloc-replay trace synth "synth:churn?live=20&ops=300" -o trace.csv',
  'gzip -k trace.csv prog.vg.txt',
  'alloc-replay run trace.csv -a ./my-engine.ts -p flat --out out/quick --placements at',
  'cp -r out/quick head && ln -s out/quick base',
  'cp at/trace.*.csv real-placements.csv',
  'alloc-replay run trace.csv -a xmalloc-tlsf -p flat --append history.csv --commit 1a2b3c4 --label nightly',
];

/** Suites under shipped names stand in for those. */
const SHARDS_BEFOREHAND = 'for i in 1 2 3 4; do alloc-replay suite quick --out out/shards --shard $i/4; done';

export const GIT = ['-c', 'user.name=a', '-c', 'user.email=a@b', '-c', 'commit.gpgsign=false'];

/** Sets the stage in an empty folder; `isShort`: the suite `quick` is one of seconds there. */
export function setStage(
  folder: string,
  installed: Installed,
  { isShort, shell }: { isShort: boolean; shell: (command: string) => void },
): void {
  const place = (name: string, content: string) => writeFileSync(join(folder, name), content);
  for (const made of ['out', '.config/fish/completions', TOOLS]) {
    mkdirSync(join(folder, made), { recursive: true });
  }
  symlinkSync(dirname(installed.folder), join(folder, 'node_modules'));
  place('my-engine.ts', codeBlock(installed, 'ts'));
  place('placements.c', codeBlock(installed, 'c'));
  place('tlsf.c', ALLOCATOR_IN_C);
  for (const name of ['nightly', 'mine.suite.yaml', ...(isShort ? ['quick'] : [])]) {
    place(name, SUITE);
  }
  const recorded = gunzipSync(
    readFileSync(join(installed.folder, 'dist/traces/recorded/git-status.vg.txt.gz')),
  );
  for (const name of ['prog.vg.txt', 'prog.recorded']) {
    writeFileSync(join(folder, name), recorded);
  }
  copyFileSync(HEAPTRACK, join(folder, 'heaptrack.prog.zst'));
  for (const [name, script] of Object.entries(TOOLS_OF_OTHERS)) {
    place(join(TOOLS, name), `#!/bin/sh\n${script}\n`);
    chmodSync(join(folder, TOOLS, name), 0o755);
  }
  place('.gitignore', `node_modules\n${TOOLS}\n`);
  run('git', ['init', '--quiet', '--initial-branch=main'], folder);
  commitEngines(folder);
  [...BEFOREHAND, ...(isShort ? [SHARDS_BEFOREHAND] : [])].forEach(shell);
}

/** What there is of engines by now is in the revisions that a comparison goes back to. */
export function commitEngines(folder: string): void {
  const engines = readdirSync(folder).filter((name) =>
    /^(my-engine\.ts|tlsf\.(c|glue\.c|engine\.yaml))$/.test(name),
  );
  for (const words of [
    ['add', '.gitignore', ...engines],
    ['commit', '--quiet', '--allow-empty', '--message=engines'],
    ['update-ref', 'refs/remotes/origin/main', 'HEAD'],
  ]) {
    run('git', [...GIT, ...words], folder);
  }
}
