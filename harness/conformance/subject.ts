import type { MachineOptions } from '../machine/machine';
import { breaksGuarantee, type Guarantee, type RequestFacts } from '../replay/demonstration';
import { CAPABILITIES, type Capability, type Engine, type EngineDefinition } from '../replay/port';
import { resolveOptions } from '../replay/stack';
import { WatchedMachine } from './watched-machine';

/** The engine under test, with its options, and how it finds the engines that its options name. */
export interface Subject {
  readonly definition: EngineDefinition;
  /** Options as on the command line. */
  readonly options: Readonly<Record<string, string>>;
  readonly engineNamed: (name: string) => EngineDefinition;
}

export interface WatchedStack {
  readonly machine: WatchedMachine;
  readonly engine: Engine;
}

/** 2 MiB: room for everything the suite asks for at once, and quick to boot. */
export const HEAP_PAGES = 512;
/** A heap that is soon full. */
export const SMALL_HEAP_PAGES = 24;
/** The smallest area that Xen's vmalloc can work with: one page of its bitmap. */
const VIRTUAL_PAGES = 32_768;
/** Far more than any operation on so small a heap needs. */
const ACCESSES_MAX = 1 << 20;

/** A fresh engine on a machine of its own. */
export function freshStack(
  { definition, options, engineNamed }: Subject,
  heapPages: number,
  watch: Pick<MachineOptions, 'drain' | 'observer'> = {},
): WatchedStack {
  const machine = new WatchedMachine({
    heapPages,
    virtualPages: VIRTUAL_PAGES,
    accessesMax: ACCESSES_MAX,
    ...watch,
  });
  const resolved = resolveOptions(definition, options, engineNamed);
  const engine = definition.create(machine, resolved, engineNamed);
  machine.boot(() => engine.start());
  return { machine, engine };
}

/** The optional verbs that an engine really has. */
export function capabilitiesOf(engine: Engine): Capability[] {
  return CAPABILITIES.filter((capability) => engine[capability] !== undefined);
}

/** Those of a fresh engine: what sequences for it may be made of. */
export function verbsOf(subject: Subject): Capability[] {
  return capabilitiesOf(freshStack(subject, HEAP_PAGES).engine);
}

/** Whether a quirk of the engine says that a request breaks a guarantee. */
export function isExcused({ definition }: Subject, guarantee: Guarantee, request: RequestFacts): boolean {
  return breaksGuarantee(definition.quirks, guarantee, request);
}
