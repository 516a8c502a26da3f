import {
  formatLibxlVectorRow,
  LIBXL_VECTOR_HEADER,
  LibxlVectorRun,
  readLibxlVector,
} from '../../../allocators/libxl/vectors';
import {
  formatPlan9VectorRow,
  PLAN9_VECTOR_HEADER,
  plan9VectorReader,
} from '../../../allocators/plan9/vector-form';
import { Plan9VectorRun } from '../../../allocators/plan9/vectors';
import { InputError, UsageError } from '../../../traces/input-error';
import { openBytes } from '../../../traces/input/bytes';
import { LineReader } from '../../../traces/input/lines';
import { traceName } from '../../../traces/open-file';
import { resolveOptions } from '../../replay/stack';
import type { Registries } from '../../results/cell';
import type { EngineChoice } from '../options/engine-options';
import { EXIT, type ExitCode } from '../exit-codes';
import { OutputFolder } from './output-folder';
import { placementsFileNames } from './placements-files';
import { print } from './terminal';

/**
 * `run --format plan9-vector | libxl-vector`: the vocabulary of the golden vectors (resets, peeks, stale ids, the whole
 * pool), which no ordinary trace may hold. The result is the rows of the golden files, in all their columns.
 */

const VECTOR_FORMATS = ['plan9-vector', 'libxl-vector'] as const;
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
export async function runVectors(
  format: VectorFormat,
  files: readonly string[],
  engines: readonly EngineChoice[],
  { placements, stateEvery }: VectorSettings,
  registries: Registries,
): Promise<ExitCode> {
  const folder = placements === undefined ? undefined : OutputFolder.at(placements, '--placements');
  const pairs = files.flatMap((file) => engines.map((engine) => ({ file, engine })));
  const names = placementsFileNames(
    pairs.map(({ file, engine }) => ({ trace: { name: traceName(file) }, engine })),
  );
  try {
    for (const [index, { file, engine }] of pairs.entries()) {
      const write = folder === undefined ? (rows: string) => print(rows) : folder.open(names[index]!);
      await (format === 'plan9-vector'
        ? plan9Rows(file, engine, stateEvery, registries, write)
        : libxlRows(file, engine, registries, write));
    }
    folder?.commit();
    return EXIT.ok;
  } finally {
    folder?.discard();
  }
}

type Write = (rows: string) => void;

async function plan9Rows(
  file: string,
  engine: EngineChoice,
  stateEvery: number | undefined,
  registries: Registries,
  write: Write,
): Promise<void> {
  expectEngine(engine, ['plan9-pool'], 'plan9-vector');
  const options = resolveOptions(registries.engineNamed(engine.name), engine.options, (name) =>
    registries.engineNamed(name),
  );
  const vector = new Plan9VectorRun({ engine: options, ...(stateEvery !== undefined && { stateEvery }) });
  const reader = plan9VectorReader(file);
  write(`${PLAN9_VECTOR_HEADER}\n`);
  for await (const lines of linesOf(file)) {
    const operations = lines.flatMap((line) => reader.operation(line) ?? []);
    const rows = Array.from(vector.rowsOf(operations), (row) => `${formatPlan9VectorRow(row)}\n`);
    write(rows.join(''));
  }
  write(`${formatPlan9VectorRow(vector.lastRow())}\n`);
}

async function libxlRows(
  file: string,
  engine: EngineChoice,
  registries: Registries,
  write: Write,
): Promise<void> {
  expectEngine(engine, ['libxl-gc-2010', 'libxl-gc'], 'libxl-vector');
  const definition = registries.engineNamed(engine.name);
  const options = resolveOptions(definition, engine.options, (name) => registries.engineNamed(name));
  const generation = engine.name === 'libxl-gc' ? 2 : Number(options['generation']) === 0 ? 0 : 1;
  const vector = new LibxlVectorRun(generation, String(options['backing']), (name) =>
    registries.engineNamed(name),
  );
  const texts: string[] = [];
  for await (const lines of linesOf(file)) {
    texts.push(...lines);
    if (texts.length > LIBXL_LINES_MAX) {
      const problem = `more than ${LIBXL_LINES_MAX} lines`;
      throw new InputError({ where: file, problem, expected: 'a vector of libxl' });
    }
  }
  const operations = readLibxlVector([...texts, ''].join('\n'), file);
  const rows = Array.from(vector.rows(operations), (row) => `${formatLibxlVectorRow(row)}\n`);
  write(`${LIBXL_VECTOR_HEADER}\n${rows.join('')}`);
}

/** The table of pointers that such a vector fills is bounded by its address space long before. */
const LIBXL_LINES_MAX = 1_000_000;

function expectEngine({ name }: EngineChoice, known: readonly string[], format: VectorFormat): void {
  if (!known.includes(name)) {
    throw new UsageError({
      where: `--format ${format}`,
      problem: `${name} replays no such vectors`,
      expected: known.join(' or '),
    });
  }
}

/** The lines of a file, plain or compressed, those of one chunk at a time. */
async function* linesOf(file: string): AsyncGenerator<string[]> {
  const bytes = await openBytes(file);
  const reader = new LineReader();
  try {
    for (let chunk = await bytes.read(); ; chunk = await bytes.read()) {
      if (chunk === undefined) {
        reader.finish();
      } else {
        reader.append(chunk);
      }
      const lines: string[] = [];
      while (reader.next()) {
        if (reader.truncated) {
          const where = `${file}:${reader.number}`;
          throw new InputError({ where, problem: 'a line of more than 1 MiB', expected: 'a vector file' });
        }
        lines.push(reader.text());
      }
      yield lines;
      if (chunk === undefined) {
        return;
      }
    }
  } finally {
    await bytes.close();
  }
}
