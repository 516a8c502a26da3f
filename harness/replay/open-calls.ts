import { InputError } from '../../traces/input-error';
import { OP_NAMES } from '../../traces/trace';

/** The API calls that a replay is in, innermost last, with the ids of the temporaries that die with each. */
export class OpenCalls {
  private readonly temporaries: number[][] = [];

  enter(): void {
    this.temporaries.push([]);
  }

  leave(): void {
    this.temporaries.pop();
  }

  /** The temporaries of the innermost call; throws an `InputError` outside of any. */
  innermost(op: number, eventIndex: number): number[] {
    const temporaries = this.temporaries.at(-1);
    if (temporaries === undefined) {
      throw new InputError({
        where: `event ${eventIndex}`,
        problem: `"${OP_NAMES[op]}" outside any call`,
        expected: 'an "enter" before it',
      });
    }
    return temporaries;
  }
}
