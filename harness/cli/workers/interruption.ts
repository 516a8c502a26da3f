/**
 * Ctrl-C and the signal of a time limit, heard as a wish to stop: the first is waited for, the second is obeyed at
 * once. What is heard elsewhere stays as it is after `end`.
 */
export class Interruption {
  private heard = false;
  private readonly hear = (): void => {
    if (this.heard) {
      process.exit(1);
    }
    this.heard = true;
    process.stderr.write('stopping when the cells under way are done; once more to stop at once\n');
  };

  constructor() {
    for (const signal of SIGNALS) {
      process.on(signal, this.hear);
    }
  }

  get isWanted(): boolean {
    return this.heard;
  }

  end(): void {
    for (const signal of SIGNALS) {
      process.off(signal, this.hear);
    }
  }
}

const SIGNALS = ['SIGINT', 'SIGTERM'] as const;
