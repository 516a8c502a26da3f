import { SingleBar } from 'cli-progress';
import { decimalRatio, groupedInteger } from '../../text/numbers';
import { EXIT } from '../exit-codes';
import { tellLine } from '../output/terminal';

/**
 * How far a command is, said on stderr: on a terminal as a bar, elsewhere as a line every few seconds where the work
 * is long, so that logs of what is quick stay clean. The bar hides the cursor and stops the wrapping of lines, which
 * Ctrl-C must not leave so.
 */
export class Progress {
  private readonly started = Date.now();
  private readonly parts: Part[];
  private readonly bar: SingleBar | undefined;
  private readonly timer: NodeJS.Timeout | undefined;
  private now = '';

  /**
   * @param names what the parts of the work are called
   * @param shown is called when somebody looks: time to count what there is to do
   * @param counted what parts are counted in
   */
  constructor(
    private readonly title: string,
    names: readonly string[],
    shown: (progress: Progress) => void = () => undefined,
    { firstLineAfter, lineEvery }: ProgressTimes = PLAIN_TIMES,
    private readonly counted = 'events',
  ) {
    this.parts = names.map((name) => ({ name, events: 0, eventsTotal: undefined, isDone: false }));
    if (names.length === 0) {
      return;
    }
    if (process.stderr.isTTY) {
      this.bar = new SingleBar({
        format: (_, { progress }) => this.barText(progress),
        stream: process.stderr,
        hideCursor: true,
        clearOnComplete: true,
      });
      process.on('SIGINT', this.interrupted);
      this.bar.start(1, 0);
      shown(this);
      return;
    }
    let isFirst = true;
    this.timer = setInterval(() => {
      if (Date.now() - this.started < firstLineAfter) {
        return;
      }
      if (isFirst) {
        isFirst = false;
        shown(this);
      }
      tellLine(`${this.title}: ${this.stateText()}`);
    }, lineEvery).unref();
  }

  /** How many events a part has. */
  expect(part: number, eventsTotal: number): void {
    this.parts[part]!.eventsTotal = eventsTotal;
  }

  /** A part has come so far; what is under way may have a better name than the part. */
  reached(part: number, events: number, now = this.parts[part]!.name): void {
    this.parts[part]!.events = events;
    this.now = now;
    this.bar?.update(this.share());
  }

  done(part: number): void {
    const done = this.parts[part]!;
    done.isDone = true;
    done.events = done.eventsTotal ?? done.events;
    this.now = done.name;
    this.bar?.update(this.share());
  }

  stop(): void {
    process.off('SIGINT', this.interrupted);
    clearInterval(this.timer);
    this.bar?.stop();
  }

  /** Whoever else listens has something to end in order, and stops the bar by itself. */
  private readonly interrupted = (): void => {
    if (process.listenerCount('SIGINT') === 1) {
      this.stop();
      process.exit(EXIT.interrupted);
    }
  };

  /** Of all events where they are known, or else of the parts. */
  private share(): number {
    const { parts } = this;
    const isKnown = parts.every(({ isDone, eventsTotal }) => isDone || eventsTotal !== undefined);
    const total = isKnown
      ? parts.reduce((sum, { events, eventsTotal }) => sum + (eventsTotal ?? events), 0)
      : 0;
    return total > 0
      ? Math.min(1, this.events() / total)
      : parts.filter(({ isDone }) => isDone).length / parts.length;
  }

  private events(): number {
    return this.parts.reduce((sum, { events }) => sum + events, 0);
  }

  private stateText(): string {
    const seconds = (Date.now() - this.started) / 1000;
    return progressText({
      share: this.share(),
      partsDone: this.parts.filter(({ isDone }) => isDone).length,
      parts: this.parts.length,
      eventsPerSecond: this.events() / Math.max(seconds, 0.001),
      seconds,
      counted: this.counted,
      now: this.now,
    });
  }

  private barText(share: number): string {
    const full = Math.round(share * BAR_LETTERS);
    const bar = '█'.repeat(full) + '░'.repeat(BAR_LETTERS - full);
    const text = `${this.title} ${bar} ${this.stateText()}`;
    return text.slice(0, (process.stderr.columns ?? Infinity) - 1);
  }
}

/** In milliseconds. */
export interface ProgressTimes {
  readonly firstLineAfter: number;
  readonly lineEvery: number;
}

const PLAIN_TIMES: ProgressTimes = { firstLineAfter: 10_000, lineEvery: 5_000 };

const BAR_LETTERS = 16;

interface Part {
  readonly name: string;
  events: number;
  eventsTotal: number | undefined;
  isDone: boolean;
}

export interface ProgressState {
  /** Of 1. */
  readonly share: number;
  readonly partsDone: number;
  readonly parts: number;
  readonly eventsPerSecond: number;
  readonly seconds: number;
  /** What `eventsPerSecond` counts. */
  readonly counted?: string;
  /** What is being worked on. */
  readonly now: string;
}

/** `45 %, 3/8, 1.2 M events/s, 12 s left, synth:tmem × xmalloc-tlsf`. */
export function progressText({
  share,
  partsDone,
  parts,
  eventsPerSecond,
  seconds,
  counted = 'events',
  now,
}: ProgressState): string {
  return [
    `${Math.floor(share * 100)} %`,
    `${partsDone}/${parts}`,
    ...(eventsPerSecond >= 1 ? [`${rateText(Math.round(eventsPerSecond))} ${counted}/s`] : []),
    ...(share >= SHARE_MIN && share < 1 ? [`${durationText((seconds * (1 - share)) / share)} left`] : []),
    ...(now === '' ? [] : [now]),
  ].join(', ');
}

/** From less than this nothing can be foretold. */
const SHARE_MIN = 0.01;

function rateText(rate: number): string {
  return rate >= 1_000_000 ? `${decimalRatio(rate, 1_000_000, 1)} M` : groupedInteger(rate);
}

function durationText(seconds: number): string {
  const whole = Math.ceil(seconds);
  return whole < 100 ? `${whole} s` : `${groupedInteger(Math.ceil(whole / 60))} min`;
}
