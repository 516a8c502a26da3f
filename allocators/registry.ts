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

/** Every engine that ships, one line each, in the order `list` shows them. One is read when it is first asked for. */
const READ: Readonly<Record<string, () => EngineDefinition>> = {
  'xenheap-pages': () => xenheapPages,
  'xmalloc-first-fit': () => xmallocFirstFit,
  'xmalloc-tlsf-2008': () => xmallocTlsf2008,
  'xmalloc-tlsf': () => xmallocTlsf,
  'xmalloc-subpage': () => xmallocSubpage,
  'xmalloc-array': () => xmallocArray,
  'caller-dispatch': () => callerDispatch,
  vmalloc: () => vmalloc,
  xvmalloc: () => xvmalloc,
  'plan9-pool': () => plan9Pool,
  'libxl-gc-2010': () => libxlGc2010,
  'libxl-gc': () => libxlGc,
  'textbook-first-fit': () => textbookFirstFit,
  'textbook-best-fit': () => textbookBestFit,
};

export const ENGINE_NAMES: readonly string[] = Object.keys(READ);

export const allEngines = (): EngineDefinition[] => Object.values(READ).map((read) => read());

/** The engine of that name; throws a `UsageError` that suggests the nearest one. */
export function engineNamed(name: string): EngineDefinition {
  if (!ENGINE_NAMES.includes(name)) {
    throw new UsageError({
      problem: `unknown engine "${name}"${didYouMean(name, ENGINE_NAMES)}`,
      expected: `one of ${ENGINE_NAMES.join(', ')}`,
    });
  }
  return READ[name]!();
}
