import * as fs from 'node:fs';
import * as path from 'node:path';
import * as v from 'valibot';
import { didYouMean, InputError, UsageError } from '../../traces/input-error';
import { parsePlacedYaml, type PlacedYaml } from '../text/placed-yaml';
import { PRICING_DEFAULT } from '../pricing/specification';
import { reasonOf } from '../../traces/output/whole-file';
import type { Placed, Suite, SuiteEngine, SuiteGroup, SuiteMachine, SuiteTrace } from './suite';
import {
  SUITE_KEYS,
  suiteSchema,
  type EngineText,
  type GroupText,
  type MachineText,
  type SuiteText,
  type TraceText,
} from './suite-schema';

/** Reads suites: files of users, and those that ship, by name. */

const ENDING = '.suite.yaml';
const FILE_BYTES_MAX = 1 << 20;

/** The suites that ship, by name, sorted. */
export function shippedSuites(): readonly string[] {
  return fs
    .readdirSync(__dirname)
    .filter((name) => name.endsWith(ENDING))
    .map((name) => name.slice(0, -ENDING.length))
    .sort();
}

/** The file behind what a user names: a path, or the name of a suite that ships. Throws a `UsageError`. */
export function suiteFile(name: string): string {
  if (fs.existsSync(name) && fs.statSync(name).isFile()) {
    return name;
  }
  const shipped = shippedSuites();
  if (shipped.includes(name)) {
    return path.join(__dirname, name + ENDING);
  }
  throw new UsageError({
    problem: `no file and no shipped suite "${name}"${didYouMean(name, shipped)}`,
    expected: `a *${ENDING} file, ${shipped.join(' or ')}`,
  });
}

/** Reads a suite with everything it includes. Throws an `InputError` that says where what is wrong. */
export function readSuite(file: string): Suite {
  return readIncluding(file, [], file, new Set());
}

/** Nobody nests suites so deep; each level is a call. */
const INCLUDING_MAX = 100;

/** @param including the files that include one another down to this one; @param where what asks for this one */
function readIncluding(file: string, including: readonly string[], where: string, seen: Set<string>): Suite {
  const real = path.resolve(file);
  if (including.includes(real)) {
    const circle = [...including.slice(including.indexOf(real)), real].map((each) => path.basename(each));
    throw new InputError({ where, problem: `includes itself: ${circle.join(' → ')}`, expected: 'no circle' });
  }
  if (including.length > INCLUDING_MAX) {
    const problem = `includes within includes, ${including.length} of them`;
    throw new InputError({ where, problem, expected: `at most ${INCLUDING_MAX}` });
  }
  const yaml = parsePlacedYaml(readText(file, where), file);
  const text = checked(yaml);
  seen.add(real);
  // What has been included counts once: two suites that share a third would otherwise double it at every level.
  const included = (text.include ?? []).flatMap((target, index) => {
    const below = path.join(path.dirname(file), target);
    const isKnown = seen.has(path.resolve(below)) && ![...including, real].includes(path.resolve(below));
    const at = yaml.placeOf(['include', index]);
    return isKnown ? [] : [readIncluding(below, [...including, real], at, seen)];
  });
  const own = new SuiteBuilder(file, yaml, text);
  const groups = [...included.flatMap((suite) => suite.groups), ...own.groups()];
  if (groups.length === 0 && (text.include ?? []).length === 0) {
    throw new InputError({
      where: yaml.placeOf([]),
      problem: 'no groups',
      expected: 'groups, or an include',
    });
  }
  return {
    name: text.suite,
    summary: text.summary ?? '',
    limits: [...included.flatMap((suite) => suite.limits), ...own.limits()],
    groups,
  };
}

function readText(file: string, where: string): string {
  try {
    if (fs.statSync(file).size > FILE_BYTES_MAX) {
      throw new InputError({ where: file, problem: 'the file is too large', expected: 'at most 1 MiB' });
    }
    return fs.readFileSync(file, 'utf8');
  } catch (error) {
    if (error instanceof InputError) {
      throw error;
    }
    const problem = where === file ? reasonOf(error) : `${file}: ${reasonOf(error)}`;
    throw new InputError({ where, problem, expected: 'a suite in YAML' });
  }
}

/** Turns the checked text of one file into groups whose words know their places. */
class SuiteBuilder {
  private readonly folder: string;

  constructor(
    file: string,
    private readonly yaml: PlacedYaml,
    private readonly text: SuiteText,
  ) {
    this.folder = path.dirname(file);
  }

  limits(): Placed<string>[] {
    return this.placed(this.text.limits ?? [], ['limits'], (limit) => limit);
  }

  groups(): SuiteGroup[] {
    return (this.text.groups ?? []).map((group, index) => this.group(group, ['groups', index]));
  }

  private group(group: GroupText, at: readonly (string | number)[]): SuiteGroup {
    const { text, yaml } = this;
    const pricings =
      group.pricings !== undefined
        ? this.placed(group.pricings, [...at, 'pricings'], (each) => this.pricing(each))
        : text.pricings !== undefined
          ? this.placed(text.pricings, ['pricings'], (each) => this.pricing(each))
          : [{ value: PRICING_DEFAULT, where: yaml.placeOf(at) }];
    return {
      name: group.group,
      traces: this.placed(group.traces, [...at, 'traces'], (each) => this.trace(each, group)),
      engines: this.placed(group.engines, [...at, 'engines'], (each) => this.engine(each)),
      pricings,
      machine: { ...machineOf(text), ...machineOf(group) },
    };
  }

  private trace(entry: TraceText, { label: ofGroup }: GroupText): SuiteTrace {
    const { trace, format, label, limit } = typeof entry === 'string' ? { trace: entry } : entry;
    const given = label ?? ofGroup;
    return {
      specification: trace,
      folder: this.folder,
      ...(format !== undefined && { format }),
      ...(limit !== undefined && { limitEvents: limit }),
      ...(given !== undefined && { label: given }),
    };
  }

  private engine(entry: EngineText): SuiteEngine {
    const { engine, options = {} } = typeof entry === 'string' ? { engine: entry } : entry;
    const texts = Object.entries(options).map(([name, value]) => [name, String(value)]);
    return { name: engine, folder: this.folder, options: Object.fromEntries(texts) };
  }

  /** A profile of the user's own lies beside the suite. */
  private pricing(text: string): string {
    return /^\.{1,2}\//.test(text) ? path.resolve(this.folder, text) : text;
  }

  private placed<In, Out>(
    values: readonly In[],
    at: readonly (string | number)[],
    change: (value: In) => Out,
  ): Placed<Out>[] {
    return values.map((value, index) => ({
      value: change(value),
      where: this.yaml.placeOf([...at, index]),
    }));
  }
}

function machineOf(text: MachineText): SuiteMachine {
  return {
    ...(text['heap-pages'] !== undefined && { heapPages: text['heap-pages'] }),
    ...(text['virtual-pages'] !== undefined && { virtualPages: text['virtual-pages'] }),
    ...(text['access-budget'] !== undefined && { accessBudget: text['access-budget'] }),
    ...(text.realloc !== undefined && { realloc: text.realloc }),
    ...(text['verify-payload'] !== undefined && { verifyPayload: text['verify-payload'] }),
  };
}

function checked(yaml: PlacedYaml): SuiteText {
  const result = v.safeParse(suiteSchema, yaml.data);
  if (result.success) {
    return result.output;
  }
  // A misspelt key is also a missing one: the misspelling is what helps.
  throw invalid(result.issues.find(({ expected }) => expected === 'never') ?? result.issues[0], yaml);
}

function invalid(issue: v.BaseIssue<unknown>, yaml: PlacedYaml): InputError {
  const steps = (issue.path ?? []).map(({ key }) => key as string | number);
  const where = yaml.placeOf(steps);
  const last = String(steps.at(-1));
  const keys = issue.type === 'strict_object' ? SUITE_KEYS[issue.message] : undefined;
  if (keys !== undefined && issue.expected === 'never') {
    const problem = `unknown key "${last}" in ${issue.message}${didYouMean(last, keys)}`;
    return new InputError({ where, problem, expected: `one of ${keys.join(', ')}` });
  }
  if (keys !== undefined && issue.received === 'undefined') {
    return new InputError({ where, problem: `no "${last}" in ${issue.message}`, expected: keys.join(', ') });
  }
  const hint =
    typeof issue.input === 'string' && issue.type === 'picklist'
      ? didYouMean(issue.input, issue.message.replace('one of ', '').split(/, | or /))
      : '';
  const found = typeof issue.input === 'object' ? issue.received : shown(issue.input);
  const name = steps.filter((step) => typeof step === 'string').at(-1);
  const problem = `${name === undefined ? '' : `${name} is `}${found}${hint}`;
  return new InputError({ where, problem, expected: issue.message });
}

/** Infinities and the like are no JSON. */
function shown(value: unknown): string {
  return typeof value === 'string' ? JSON.stringify(value) : String(value);
}
