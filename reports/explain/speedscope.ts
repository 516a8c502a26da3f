import type { ExplainedOperation, Explanation } from '../../harness/explain/explanation';
import { jsonText } from '../../harness/results/json-text';
import { operationSpan, type Span } from './spans';
import { operationTitle } from './words';

/**
 * An explanation for https://www.speedscope.app: an evented profile an operation, whose unit is the cycle. The format is
 * that of https://www.speedscope.app/file-format-schema.json.
 */
export function explanationSpeedscope(explanation: Explanation): string {
  const { engine, trace, pricing, operations } = explanation;
  const frames = new FrameTable();
  const profiles = operations.map((operation) => profile(operation, engine.name, frames));
  return jsonText({
    $schema: 'https://www.speedscope.app/file-format-schema.json',
    exporter: 'alloc-replay',
    name: `${engine.name} on ${trace.name}, cycles under ${pricing.id}`,
    activeProfileIndex: 0,
    shared: { frames: frames.list() },
    profiles,
  });
}

/** The profiles' frames: equal names at one place are one frame, so that their times are added up. */
class FrameTable {
  private readonly indices = new Map<string, number>();
  private readonly frames: Frame[] = [];

  index({ name, source }: Span): number {
    const frame = { name, ...source };
    const key = JSON.stringify(frame);
    const index = this.indices.get(key) ?? this.frames.push(frame) - 1;
    this.indices.set(key, index);
    return index;
  }

  list(): readonly Frame[] {
    return this.frames;
  }
}

interface Frame {
  readonly name: string;
  readonly file?: string;
  readonly line?: number;
}

function profile(operation: ExplainedOperation, engine: string, frames: FrameTable) {
  return {
    type: 'evented',
    name: operationTitle(operation),
    unit: 'none',
    startValue: 0,
    endValue: operation.cycles,
    events: spanEvents(operationSpan(operation, engine), 0, frames),
  };
}

interface FrameEvent {
  /** Opened or closed. */
  readonly type: 'O' | 'C';
  readonly frame: number;
  readonly at: number;
}

function spanEvents(span: Span, from: number, frames: FrameTable): FrameEvent[] {
  const frame = frames.index(span);
  const events: FrameEvent[] = [{ type: 'O', frame, at: from }];
  let at = from;
  for (const child of span.children) {
    events.push(...spanEvents(child, at, frames));
    at += child.cycles;
  }
  return [...events, { type: 'C', frame, at: from + span.cycles }];
}
