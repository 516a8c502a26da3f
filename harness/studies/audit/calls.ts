import type { TraceEvent } from '../../../traces/trace';
import { AnnotationError, type Annotation } from './annotation';
import { Call, Context } from './tracked';

/** Which calls are open on each thread (`cpu`), innermost last, and the contexts they work on. */

/** Deeper nesting, or more threads and contexts, are no trace of a program. */
const OPEN_CALLS_MAX = 1 << 16;
const CONTEXTS_MAX = 1 << 16;

const CONTEXT_DEFAULT = 1;

export class Calls {
  private readonly threads = new Map<number, Call[]>();
  private readonly contexts = new Map<number, Context>();
  private open = 0;

  enter(event: TraceEvent, name: string, annotation: Annotation): Call {
    if (this.open >= OPEN_CALLS_MAX) {
      throw new AnnotationError({
        problem: `${OPEN_CALLS_MAX} calls are open`,
        expected: 'a leave for each enter',
      });
    }
    const stack = this.threads.get(event.cpu) ?? [];
    this.threads.set(event.cpu, stack);
    const { parentcall, kind = kindByName(name), ctx = CONTEXT_DEFAULT, first } = annotation;
    if (parentcall !== undefined && stack.at(-1)?.id !== parentcall) {
      throw new AnnotationError({
        problem: `parentcall=${parentcall}`,
        expected: innermostWords(stack.at(-1)),
      });
    }
    const call = new Call(event.id, name, kind, this.context(ctx), stack.at(-1), first);
    stack.push(call);
    this.open += 1;
    return call;
  }

  /** Leaves the innermost call of the thread, which has to be the one that the event names. */
  leave(event: TraceEvent): Call {
    const call = this.threads.get(event.cpu)?.at(-1);
    if (call?.id !== event.id) {
      throw new AnnotationError({ problem: `leave of call ${event.id}`, expected: innermostWords(call) });
    }
    this.threads.get(event.cpu)!.pop();
    this.open -= 1;
    return call;
  }

  /** The open call of the thread with this id; the innermost when none is named. */
  of(event: TraceEvent, id: number | undefined): Call {
    const stack = this.threads.get(event.cpu) ?? [];
    const call = id === undefined ? stack.at(-1) : [...stack].reverse().find((each) => each.id === id);
    if (call === undefined) {
      throw new AnnotationError({
        problem: id === undefined ? 'no call is open' : `call ${id} is not open`,
        expected: 'an enter before it',
      });
    }
    return call;
  }

  /** As `of`, but undefined where no call is named and none is open: the application may act by itself. */
  ifAny(event: TraceEvent, id: number | undefined): Call | undefined {
    const isOpen = (this.threads.get(event.cpu)?.length ?? 0) > 0;
    return id === undefined && !isOpen ? undefined : this.of(event, id);
  }

  context(id: number): Context {
    const known = this.contexts.get(id);
    if (known !== undefined) {
      return known;
    }
    if (this.contexts.size >= CONTEXTS_MAX) {
      throw new AnnotationError({
        problem: `more than ${CONTEXTS_MAX} contexts`,
        expected: 'contexts that are freed',
      });
    }
    const context = new Context(id);
    this.contexts.set(id, context);
    return context;
  }

  forget(context: Context): void {
    this.contexts.delete(context.id);
  }
}

/** Two underscores make a private function (the policy of August 2010). */
const kindByName = (name: string): 'public' | 'private' => (/^_?libxl__/.test(name) ? 'private' : 'public');

function innermostWords(call: Call | undefined): string {
  return call === undefined ? 'an open call; none is' : `${call.id}, the innermost open call`;
}
