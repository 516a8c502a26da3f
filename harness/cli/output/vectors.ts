import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import {
  formatLibxlVectorRow,
  LIBXL_VECTOR_HEADER,
  LibxlVectorRun,
  readLibxlVector,
} from '../../../allocators/libxl/vectors';
import {
  formatPlan9VectorRow,
  PLAN9_VECTOR_HEADER,
  readPlan9Vector,
} from '../../../allocators/plan9/vector-form';
import { Plan9VectorRun } from '../../../allocators/plan9/vectors';
import { InputError, UsageError } from '../../../traces/input-error';
import { traceName } from '../../../traces/open-file';
import { resolveOptions } from '../../replay/stack';
import type { Registries } from '../../results/cell';
import type { EngineChoice } from '../options/engine-options';
import { EXIT, type ExitCode } from '../exit-codes';
import { OutputFolder } from './output-folder';
import { placementsFileNames } from './placements-files';

/**
 * `run --format plan9-vector | libxl-vector`: the vocabulary of the golden vectors (resets, peeks, stale ids, the whole
 * pool), which no ordinary trace may hold. The result is the rows of the golden files, in all their columns.
 */

export const VECTOR_FORMATS = ['plan9-vector', 'libxl-vector'] as const;
export type VectorFormat = (typeof VECTOR_FORMATS)[number];

export const isVectorFormat = (format: string | undefined): format is VectorFormat =>
  VECTOR_FORMATS.includes(format as VectorFormat);

export interface VectorSettings {
  /** Folder for the rows. */
  readonly placements: string | undefined;
  /** Plan 9: a state row after every so many operations. */
  readonly stateEvery: number | undefined;
}

/** Replays vector files and writes `<trace>.<engine>.csv` to the folder, or the rows to stdout without one. */
export function runVectors(
  format: VectorFormat,
  files: readonly string[],
  engines: readonly EngineChoice[],
  { placements, stateEvery }: VectorSettings,
  registries: Registries,
): ExitCode {
  const folder = placements === undefined ? undefined : OutputFolder.at(placements, '--placements');
  try {
    const pairs = files.flatMap((file) => engines.map((engine) => ({ file, engine })));
    const names = placementsFileNames(
      pairs.map(({ file, engine }) => ({ trace: { name: traceName(file) }, engine })),
    );
    pairs.forEach(({ file, engine }, index) => {
      const rows =
        format === 'plan9-vector'
          ? plan9Rows(file, engine, stateEvery, registries)
          : libxlRows(file, engine, registries);
      if (folder === undefined) {
        process.stdout.write(rows);
      } else {
        folder.write(names[index]!, rows);
      }
    });
    folder?.commit();
    return EXIT.ok;
  } catch (error) {
    folder?.discard();
    throw error;
  }
}

function plan9Rows(
  file: string,
  engine: EngineChoice,
  stateEvery: number | undefined,
  registries: Registries,
): string {
  expectEngine(engine, ['plan9-pool'], 'plan9-vector');
  const options = resolveOptions(registries.engineNamed(engine.name), engine.options, (name) =>
    registries.engineNamed(name),
  );
  const vector = new Plan9VectorRun({ engine: options, ...(stateEvery !== undefined && { stateEvery }) });
  const rows = Array.from(vector.rows(readPlan9Vector(textOf(file), file)), formatPlan9VectorRow);
  return [PLAN9_VECTOR_HEADER, ...rows, ''].join('\n');
}

function libxlRows(file: string, engine: EngineChoice, registries: Registries): string {
  expectEngine(engine, ['libxl-gc-2010', 'libxl-gc'], 'libxl-vector');
  const definition = registries.engineNamed(engine.name);
  const options = resolveOptions(definition, engine.options, (name) => registries.engineNamed(name));
  const generation = engine.name === 'libxl-gc' ? 2 : Number(options['generation']) === 0 ? 0 : 1;
  const vector = new LibxlVectorRun(generation, String(options['backing']), (name) =>
    registries.engineNamed(name),
  );
  const rows = Array.from(vector.rows(readLibxlVector(textOf(file), file)), formatLibxlVectorRow);
  return [LIBXL_VECTOR_HEADER, ...rows, ''].join('\n');
}

function expectEngine({ name }: EngineChoice, known: readonly string[], format: VectorFormat): void {
  if (!known.includes(name)) {
    throw new UsageError({
      where: `--format ${format}`,
      problem: `${name} replays no such vectors`,
      expected: known.join(' or '),
    });
  }
}

/** Vectors are small files, plain or gzipped. */
function textOf(file: string): string {
  try {
    const bytes = readFileSync(file);
    return (bytes[0] === 0x1f && bytes[1] === 0x8b ? gunzipSync(bytes) : bytes).toString('utf8');
  } catch (error) {
    throw new InputError({
      where: file,
      problem: (error as Error).message,
      expected: 'a vector file, plain or gzipped',
    });
  }
}
