import { didYouMean, UsageError } from '../traces/input-error';
import type { EngineDefinition } from '../harness/replay/port';
import { plan9Pool } from './plan9/plan9-pool';
import { textbookBestFit } from './textbook/textbook-best-fit';
import { textbookFirstFit } from './textbook/textbook-first-fit';
import { vmalloc } from './xen/vmalloc';
import { xenheapPages } from './xen/xenheap-pages';
import { xmallocFirstFit } from './xen/xmalloc-first-fit';
import { xmallocTlsf } from './xen/xmalloc-tlsf';
import { xmallocTlsf2008 } from './xen/xmalloc-tlsf-2008';
import { xvmalloc } from './xen/xvmalloc';

/** Every engine that ships, one line each, in the order `list` shows them. */
export const ENGINES: readonly EngineDefinition[] = [
  xenheapPages,
  xmallocFirstFit,
  xmallocTlsf2008,
  xmallocTlsf,
  vmalloc,
  xvmalloc,
  plan9Pool,
  textbookFirstFit,
  textbookBestFit,
];

/** The engine of that name; throws a `UsageError` that suggests the nearest one. */
export function engineNamed(name: string): EngineDefinition {
  const engine = ENGINES.find((each) => each.name === name);
  if (engine === undefined) {
    const names = ENGINES.map((each) => each.name);
    throw new UsageError({
      problem: `unknown engine "${name}"${didYouMean(name, names)}`,
      expected: `one of ${names.join(', ')}`,
    });
  }
  return engine;
}
