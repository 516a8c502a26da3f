import { test } from 'uvu';
import { fuzzLibxl } from './differential/libxl';
import { fuzzPlan9, fuzzPlan9Replays } from './differential/plan9';
import { fuzzXen, XEN_ENGINES, type FuzzFigures } from './differential/xen';

/** Every engine of Xen, Plan 9 and libxl against a witness of it, at length. */

const SEED = 20_261_129;

/** Fewer where a request maps thousands of pages. */
const CASES = { small: 3000, large: 40, huge: 3 } as const;

for (const engine of XEN_ENGINES) {
  for (const scale of ['small', 'large', 'huge'] as const) {
    test(`${engine} places as its witness does in ${scale} heaps`, async () => {
      const isMapping = engine.endsWith('vmalloc');
      told(
        engine,
        await fuzzXen(engine, SEED, isMapping ? Math.ceil(CASES[scale] / 3) : CASES[scale], scale),
      );
    });
  }
}

for (const misuses of [false, true]) {
  test(`plan9-pool does as its witness does${misuses ? ', misused too' : ''}`, () => {
    told('plan9-pool', fuzzPlan9(SEED, 300, misuses));
  });
}

test('plan9-pool places in replays as its witness does', async () => {
  told('plan9-pool', await fuzzPlan9Replays(SEED, 3000));
});

test('libxl’s tables do as their witness does', () => {
  told('libxl', fuzzLibxl(SEED, 1000));
});

test.run();

function told(engine: string, { cases, operations }: FuzzFigures): void {
  process.stdout.write(`${engine}, seed ${SEED}: ${cases} cases, ${operations} operations\n`);
}
