import { SingleBar } from 'cli-progress';

/** A progress bar on stderr where that is a terminal, and nothing otherwise: logs and files stay clean. */
export class Progress {
  private readonly bar: SingleBar | undefined;

  constructor(title: string, total: number) {
    if (!process.stderr.isTTY || total <= 0) {
      return;
    }
    this.bar = new SingleBar({
      format: `${title} {bar} {percentage}% | {value}/{total} | {task}`,
      stream: process.stderr,
      hideCursor: true,
      clearOnComplete: true,
      barsize: 24,
    });
    this.bar.start(total, 0, { task: '' });
  }

  /** What is being worked on now. */
  task(text: string): void {
    this.bar?.update({ task: text });
  }

  done(units: number): void {
    this.bar?.increment(units);
  }

  stop(): void {
    this.bar?.stop();
  }
}
