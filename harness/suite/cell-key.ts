import { createHash } from 'node:crypto';
import { closeSync, openSync, readSync } from 'node:fs';
import * as path from 'node:path';
import { InputError } from '../../traces/input-error';
import { profileSha256 } from '../pricing/profile';
import { parsePricing } from '../pricing/specification';
import type { EngineDefinition } from '../replay/port';
import { resolveOptions } from '../replay/stack';
import { reasonOf } from '../../traces/output/whole-file';
import type { Cell, TraceRequest } from '../results/cell';
import { ImportClosure } from './import-closure';
import type { NamedTrace, PlannedCell } from './matrix';

/**
 * The name under which the results of a cell are kept: a hash of everything they follow from. Equal keys mean equal
 * results, whoever asks, wherever the files lie; so the same key serves the cache of all suites, the journal of an
 * interrupted one, and the proof that shards belong together.
 */

/** Raised when a key of old could stand for results that today's code would not give. */
const KEY_FORMAT = 'alloc-replay/cell@1';

/** The core that every cell runs through, from here: sources and compiled code alike. */
const CORE = ['../results/cell'];

/** What engines of users may stand on, which is ours and holds to its rules. */
const OWN_FACE = '../index';

/** Where code lies, handed in by the composition root. */
export interface CodeRegistry {
  /** Files of the engine itself; what they import is found from there. */
  engineFiles(name: string): readonly string[];
  /** Files of what makes the trace: a synthesizer, or everything that reads files. */
  traceFiles(request: TraceRequest): readonly string[];
  engineNamed(name: string): EngineDefinition;
  /** Whether the engine is one of the registry, whose code is ours. */
  isRegistered(name: string): boolean;
}

/** Makes keys; hashes every file and profile once. */
export class CellKeys {
  private readonly closure = new ImportClosure();
  private readonly contents = new Map<string, string>();
  private readonly profiles = new Map<string, string>();

  constructor(
    private readonly code: CodeRegistry,
    private readonly toolVersion: string,
  ) {}

  /** Throws an `InputError` when the trace's file cannot be read. */
  keyOf({ cell, definition, trace }: PlannedCell): string {
    const { code } = this;
    const options = resolveOptions(definition, cell.options, (name) => code.engineNamed(name));
    const engines = enginesBeneath(cell.engine, definition, options, code);
    const { trace: _request, engine: _engine, options: _options, pricings, ...settings } = cell;
    const facts = {
      format: KEY_FORMAT,
      tool: this.toolVersion,
      core: this.closure.sha256Of(CORE.map(moduleFile)),
      engine: [
        definition.name,
        ...(definition.foreign === undefined ? [] : [definition.foreign.moduleSha256]),
      ],
      code: this.closure.sha256Of(engines.flatMap((name) => code.engineFiles(name))),
      options,
      trace: this.traceIdentity(cell, trace),
      pricings: pricings.map((pricing) => [
        this.profileOf(pricing),
        pricing.replace(/^.*[\\/](?=.*\.ya?ml)/, ''),
      ]),
      settings: Object.entries(settings).sort(([a], [b]) => (a < b ? -1 : 1)),
    };
    return createHash('sha256').update(JSON.stringify(facts)).digest('hex');
  }

  /**
   * Why results of a cell are not kept, or undefined where its key holds all that they follow from: an engine of a
   * user's may read what no key can.
   */
  unknowableOf({ cell, definition }: PlannedCell): string | undefined {
    const { code, closure } = this;
    const options = resolveOptions(definition, cell.options, (name) => code.engineNamed(name));
    const brought = enginesBeneath(cell.engine, definition, options, code).filter(
      (name) => !code.isRegistered(name) && code.engineNamed(name).foreign === undefined,
    );
    return closure.moreOf(
      brought.flatMap((name) => code.engineFiles(name)),
      [...CORE, OWN_FACE].map(moduleFile),
    );
  }

  private traceIdentity({ trace: request }: Cell, trace: NamedTrace): unknown {
    const made = this.closure.sha256Of(this.code.traceFiles(request));
    const { header } = trace;
    return trace.kind === 'synthetic'
      ? [made, header]
      : [made, header.name, request.options ?? {}, this.contentOf(trace.path)];
  }

  private contentOf(file: string): string {
    const known = this.contents.get(file) ?? fileSha256(file);
    this.contents.set(file, known);
    return known;
  }

  private profileOf(text: string): string {
    const known = this.profiles.get(text) ?? profileSha256(parsePricing(text).profile);
    this.profiles.set(text, known);
    return known;
  }
}

/** The engine and those that its options name, which it stands on. */
function enginesBeneath(
  name: string,
  definition: EngineDefinition,
  options: Readonly<Record<string, number | string>>,
  code: CodeRegistry,
): string[] {
  const beneath = Object.entries(definition.options)
    .filter(([, { kind }]) => kind === 'engine')
    .map(([option]) => String(options[option]))
    .filter((other) => other !== definition.name);
  return [
    name,
    ...beneath.flatMap((other) => {
      const inner = code.engineNamed(other);
      return enginesBeneath(other, inner, defaultsOf(inner), code);
    }),
  ];
}

function defaultsOf({ options }: EngineDefinition): Record<string, number | string> {
  return Object.fromEntries(Object.entries(options).map(([name, { byDefault }]) => [name, byDefault]));
}

function moduleFile(name: string): string {
  return require.resolve(path.resolve(__dirname, name));
}

const READ_AT_ONCE_BYTES = 1 << 20;

function fileSha256(file: string): string {
  const hash = createHash('sha256');
  const buffer = Buffer.alloc(READ_AT_ONCE_BYTES);
  try {
    const descriptor = openSync(file, 'r');
    try {
      for (let bytes = readSync(descriptor, buffer); bytes > 0; bytes = readSync(descriptor, buffer)) {
        hash.update(buffer.subarray(0, bytes));
      }
    } finally {
      closeSync(descriptor);
    }
  } catch (error) {
    throw new InputError({ where: file, problem: reasonOf(error), expected: 'a trace that can be read' });
  }
  return hash.digest('hex');
}
