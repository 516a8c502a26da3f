import { countOf } from '../../harness/metrics/distribution';
import { OP_KINDS } from '../../harness/metrics/op-kinds';
import type { Results } from '../../harness/results/results';
import { hgrmText } from '../hgrm';
import type { EmittedFile } from './emitter';

/**
 * One `.hgrm` per replay that came to its end, pricing and operation kind that occurred:
 * `<trace>.<engine>.<pricing>.<kind>.hgrm`.
 */
export function hgrmFiles(results: Results): EmittedFile[] {
  const taken = new Map<string, number>();
  const ended = results.replays.filter(({ outcome }) => outcome.kind === 'ok');
  return ended.flatMap(({ trace, engine, pricings }) =>
    pricings.flatMap(({ id, kinds }) =>
      OP_KINDS.filter((kind) => countOf(kinds[kind].distribution) > 0).map((kind) => {
        const base = fileNameOf(`${trace.name}.${engine.name}.${id}.${kind}`);
        const count = (taken.get(base) ?? 0) + 1;
        taken.set(base, count);
        return {
          name: count === 1 ? `${base}.hgrm` : `${base}-${count}.hgrm`,
          content: hgrmText(kinds[kind].distribution),
        };
      }),
    ),
  );
}

/** Names of traces and engines may hold anything; a file name may not. */
const fileNameOf = (name: string): string =>
  name
    .replace(/[^\w.=+@-]/g, '_')
    .replace(/^\.+/, '')
    .slice(-200);
