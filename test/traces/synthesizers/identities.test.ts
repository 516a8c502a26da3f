import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { NOTHING, OP, TraceEvent, type Placement } from '../../../traces/trace';
import { allSynthesizers } from '../../../traces/synthesizers/registry';

/**
 * The identities of the default traces: results recorded elsewhere name them. Whoever changes one on purpose pastes
 * the new line here and says why in the commit.
 */
const identities: Readonly<Record<string, string>> = {
  'adversary/alternating-buddies': '24caab0777d787bbc344b2405b0140e4ac348b888e7cd7232c2de05b09e810c9',
  'adversary/ascending-frees': 'b4e8a4435517dabb97b5d4b35e569df36415acff97a1a96e80d3b859ba6b2f21',
  'adversary/ascending-sizes': '6ea5db2ae9d2f9796640bc9a0b809aa581d34bcde452dc61f4924f745de668c2',
  'adversary/comb': 'b726a3c1dbb07a78914b3bf98c8e68d5fe490b077747729196bf8b71057dce10',
  'adversary/descending-frees': 'c6e49de0028c454b29f7831f98c1d27da856586e3639582553f36204e267ad6f',
  'adversary/odd-even-frees': 'f2385911a663ae1141b27bf26e867400a4782cbe3823d4b93a0ac7ad3116f9ab',
  'adversary/robson': 'cf0fc17916e1b80a861206e693345966885273334fbea30c05879099332ba211',
  'adversary/slivers': '72beec70c6117df5aadfb397bb3b1f23a9714be769016b3b001d688744d314e2',
  churn: '8217fa0c8e8f6b2e56a6fabf5ee09fec007f63743bcadf086872a610d0ebbc59',
  'difference-engine': '3b87fdb30b7f872b0b29ed25002c7f85d1877269cf5ee8413bfcbdb63773c25d',
  'domain-lifecycle': '80ce625faa70b6ac65c3c2df9744678060ef198288d9683227278439f1e35d41',
  fleet: 'e2b8360883e13bd6ef78aebabfdc73c03611072e73e00f97c50579c52b6b8397',
  'half-page-storm': '73943463e2ff4d58ddc2950e39f374dda07d798868497ce9025725ccbc178930',
  'libxl-calls': 'de94ae0f9e48ec03f8728dd6b50bacdbeee0ea07a3caff9010ff78781d565812',
  'near-page-storm': '7e8b19b72444810a2c576549d65c7b519bd81e3946d1d9bfc9f036d53a23d301',
  peaks: 'f18cf243f8df9253b438b6567d6be03b40e49782670d8e6f477b603cd2302ebe',
  plateau: 'a398ba30fcd4b98181572fa193a0f9d0d42294ebe548dc68c3ac3c86064273b7',
  ramp: 'df3b8f85b62a14f55506a82c374b63b9c9eb3be31a91c1f9037c0669352fb16a',
  ramzswap: '23182302ee67a87e624a45b1994de50d2fb8fed268034752e6cddbb2d188e41c',
  tmem: '5bf1f5133900522ea5c7b11f37d5b1287cb4157ac5cc2131998288662a86a9d8',
};

for (const synthesizer of allSynthesizers()) {
  test(`${synthesizer.name} makes the trace that it always made`, () => {
    const source = synthesizer.open({}, 1);
    const event = new TraceEvent();
    // Adaptive ones are shown a heap that never frees: each object lies above the one before it.
    let end = 4096;
    let placement: Placement = NOTHING;
    while (source.next(event, placement)) {
      placement = event.op === OP.alloc ? (end as Placement) : NOTHING;
      end += event.size;
    }
    const line = `  '${synthesizer.name}': '${source.identity()}',`;
    assert.is(source.identity(), identities[synthesizer.name], line);
  });
}

test.run();
