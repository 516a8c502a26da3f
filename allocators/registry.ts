import { didYouMean, UsageError } from '../traces/input-error';
import type { EngineDefinition } from '../harness/replay/port';
import { callerDispatch } from './adapters/caller-dispatch';
import { xmallocArray } from './adapters/xmalloc-array';
import { xmallocSubpage } from './adapters/xmalloc-subpage';
import { libxlGc } from './libxl/libxl-gc';
import { libxlGc2010 } from './libxl/libxl-gc-2010';
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
  xmallocSubpage,
  xmallocArray,
  callerDispatch,
  vmalloc,
  xvmalloc,
  plan9Pool,
  libxlGc2010,
  libxlGc,
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
