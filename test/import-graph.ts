import * as ts from 'typescript';
import * as fs from 'node:fs';
import * as path from 'node:path';

/** Who imports whom: each node's name to the names it imports, type-only imports included. */
export type ImportGraph = ReadonlyMap<string, ReadonlySet<string>>;

/** The graph of the given source files (paths relative to `root`, forward slashes); packages are left out. */
export function importGraph(root: string, files: readonly string[]): ImportGraph {
  const known = new Set(files);
  const graph = new Map<string, Set<string>>();
  for (const file of files) {
    const text = fs.readFileSync(path.join(root, file), 'utf8');
    const targets = new Set<string>();
    for (const { fileName } of ts.preProcessFile(text, true, true).importedFiles) {
      const target = fileName.startsWith('.') ? resolve(file, fileName, known) : undefined;
      if (target !== undefined) {
        targets.add(target);
      }
    }
    graph.set(file, targets);
  }
  return graph;
}

/**
 * The same graph between folders. A folder's own files stand beside its subfolders, not around them: where a folder
 * holds both, each of its files is a node of its own (traces/trace.ts may be imported by traces/formats, which
 * traces/read.ts imports).
 */
export function folderGraph(files: ImportGraph): ImportGraph {
  const parents = new Set([...files.keys()].map((file) => path.posix.dirname(path.posix.dirname(file))));
  const nodeOf = (file: string) => {
    const folder = path.posix.dirname(file);
    return parents.has(folder) ? file : folder;
  };
  const graph = new Map<string, Set<string>>();
  for (const [file, targets] of files) {
    const node = nodeOf(file);
    const reached = graph.get(node) ?? new Set();
    graph.set(node, reached);
    for (const target of targets) {
      if (nodeOf(target) !== node) {
        reached.add(nodeOf(target));
      }
    }
  }
  return graph;
}

/** One circle as the names along it, first and last alike, or undefined when there is none. */
export function findCircle(graph: ImportGraph): readonly string[] | undefined {
  const settled = new Set<string>();
  const trail: string[] = [];
  const visit = (node: string): readonly string[] | undefined => {
    if (settled.has(node)) {
      return undefined;
    }
    const seenAt = trail.indexOf(node);
    if (seenAt >= 0) {
      return [...trail.slice(seenAt), node];
    }
    trail.push(node);
    for (const target of graph.get(node) ?? []) {
      const circle = visit(target);
      if (circle !== undefined) {
        return circle;
      }
    }
    trail.pop();
    settled.add(node);
    return undefined;
  };
  for (const node of graph.keys()) {
    const circle = visit(node);
    if (circle !== undefined) {
      return circle;
    }
  }
  return undefined;
}

function resolve(from: string, specifier: string, known: ReadonlySet<string>): string | undefined {
  const target = path.posix.join(path.posix.dirname(from), specifier);
  const bare = target.replace(/\.js$/, '');
  const candidates = [target, `${bare}.ts`, `${bare}.tsx`, `${bare}/index.ts`];
  return candidates.find((candidate) => known.has(candidate));
}
