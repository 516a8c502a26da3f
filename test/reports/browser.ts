import { spawn, type ChildProcess } from 'node:child_process';
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import type { Readable, Writable } from 'node:stream';

/**
 * A headless Chromium for tests of pages, spoken to through its debugging pipe (DevTools protocol): every page is a
 * file, every request and console message is kept.
 */

/** Where Debian's package and others put it. */
const PROGRAMS = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];

/** The browser's program, or undefined where there is none. */
export function browserProgram(): string | undefined {
  return PROGRAMS.find((each) => fs.existsSync(each));
}

const FLAGS = [
  ...['--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--hide-scrollbars'],
  ...['--disable-background-networking', '--disable-component-update', '--disable-sync'],
  ...['--disable-dev-shm-usage', '--remote-debugging-pipe'],
];

interface Message {
  readonly id?: number;
  readonly sessionId?: string;
  readonly method?: string;
  readonly params?: Record<string, unknown>;
  readonly result?: Record<string, unknown>;
  readonly error?: { readonly message: string };
}

export interface PageOptions {
  readonly width: number;
  readonly dark?: boolean;
  readonly scripts?: boolean;
  readonly print?: boolean;
}

export class Browser {
  private readonly waiting = new Map<number, (message: Message) => void>();
  private listeners: ((message: Message) => void)[] = [];
  private rest = '';
  private lastId = 0;

  private constructor(
    private readonly child: ChildProcess,
    private readonly profile: string,
  ) {
    const output = child.stdio[4] as Readable;
    output.setEncoding('utf8');
    output.on('data', (chunk: string) => this.receive(chunk));
  }

  static launch(program: string): Browser {
    const profile = fs.mkdtempSync(path.join(os.tmpdir(), 'alloc-replay-browser-'));
    const child = spawn(program, [...FLAGS, `--user-data-dir=${profile}`], {
      stdio: ['ignore', 'ignore', 'ignore', 'pipe', 'pipe'],
    });
    return new Browser(child, profile);
  }

  async close(): Promise<void> {
    const ended = new Promise((resolve) => this.child.once('exit', resolve));
    await this.send('Browser.close');
    await ended;
    fs.rmSync(this.profile, { recursive: true, force: true, maxRetries: 5 });
  }

  async open(file: string, options: PageOptions): Promise<Page> {
    const { browserContextId } = await this.send('Target.createBrowserContext');
    const { targetId } = await this.send('Target.createTarget', { url: 'about:blank', browserContextId });
    const { sessionId } = await this.send('Target.attachToTarget', { targetId, flatten: true });
    const page = new Page(this, sessionId as string);
    await page.load(file, options);
    return page;
  }

  async send(
    method: string,
    params: Record<string, unknown> = {},
    sessionId?: string,
  ): Promise<Record<string, unknown>> {
    const id = ++this.lastId;
    const answer = new Promise<Message>((resolve) => this.waiting.set(id, resolve));
    (this.child.stdio[3] as Writable).write(
      `${JSON.stringify({ id, method, params, ...(sessionId !== undefined && { sessionId }) })}\0`,
    );
    const { result, error } = await answer;
    if (error !== undefined) {
      throw new Error(`${method}: ${error.message}`);
    }
    return result ?? {};
  }

  listen(listener: (message: Message) => void): void {
    this.listeners.push(listener);
  }

  private receive(chunk: string): void {
    const parts = (this.rest + chunk).split('\0');
    this.rest = parts.pop()!;
    for (const part of parts) {
      const message = JSON.parse(part) as Message;
      if (message.id === undefined) {
        this.listeners.forEach((listener) => listener(message));
      } else {
        this.waiting.get(message.id)?.(message);
        this.waiting.delete(message.id);
      }
    }
  }
}

const SETTLE_MILLISECONDS = 500;
const KEY_CODES: Readonly<Record<string, number>> = {
  ArrowLeft: 37,
  ArrowUp: 38,
  ArrowRight: 39,
  ArrowDown: 40,
};

export class Page {
  /** Addresses of all requests. */
  readonly requests: string[] = [];
  /** What the console and uncaught errors said. */
  readonly complaints: string[] = [];

  constructor(
    private readonly browser: Browser,
    private readonly session: string,
  ) {
    browser.listen(({ sessionId, method, params }) => {
      if (sessionId !== session) {
        return;
      }
      if (method === 'Network.requestWillBeSent') {
        this.requests.push((params!['request'] as { url: string }).url);
      } else if (method === 'Runtime.exceptionThrown' || method === 'Runtime.consoleAPICalled') {
        this.complaints.push(JSON.stringify(params));
      } else if (method === 'Log.entryAdded') {
        this.complaints.push(JSON.stringify(params!['entry']));
      }
    });
  }

  async load(
    file: string,
    { width, dark = false, scripts = true, print = false }: PageOptions,
  ): Promise<void> {
    for (const domain of ['Page', 'Network', 'Runtime', 'Log']) {
      await this.send(`${domain}.enable`);
    }
    await this.send('Emulation.setDeviceMetricsOverride', {
      ...{ width, height: 900, deviceScaleFactor: 1, mobile: width < 600 },
    });
    await this.send('Emulation.setEmulatedMedia', {
      media: print ? 'print' : '',
      features: [{ name: 'prefers-color-scheme', value: dark ? 'dark' : 'light' }],
    });
    await this.send('Emulation.setScriptExecutionDisabled', { value: !scripts });
    const loaded = new Promise<void>((resolve) =>
      this.browser.listen(({ sessionId, method }) => {
        if (sessionId === this.session && method === 'Page.loadEventFired') {
          resolve();
        }
      }),
    );
    await this.send('Page.navigate', { url: `file://${file}` });
    await loaded;
  }

  send(method: string, params: Record<string, unknown> = {}): Promise<Record<string, unknown>> {
    return this.browser.send(method, params, this.session);
  }

  /** The value of an expression in the page; promises are waited for. */
  async evaluate<Value>(expression: string): Promise<Value> {
    const { result, exceptionDetails } = await this.send('Runtime.evaluate', {
      ...{ expression, returnByValue: true, awaitPromise: true },
    });
    if (exceptionDetails !== undefined) {
      throw new Error(JSON.stringify(exceptionDetails));
    }
    return (result as { value: Value }).value;
  }

  /** Until what scripts began has had its turn; not asked of the page, which may run none. */
  async settle(): Promise<void> {
    await new Promise((resolve) => setTimeout(resolve, SETTLE_MILLISECONDS));
    await this.evaluate('document.readyState');
  }

  /** A key pressed and released where the focus is. */
  async press(key: string): Promise<void> {
    for (const type of ['rawKeyDown', 'keyUp']) {
      await this.send('Input.dispatchKeyEvent', {
        type,
        key,
        code: key,
        windowsVirtualKeyCode: KEY_CODES[key],
      });
    }
  }

  /** A PNG of a part of the page. */
  async picture(clip: { x: number; y: number; width: number; height: number }): Promise<Buffer> {
    const { data } = await this.send('Page.captureScreenshot', {
      ...{ format: 'png', captureBeyondViewport: true, clip: { ...clip, scale: 1 } },
    });
    return Buffer.from(data as string, 'base64');
  }
}

/** What a reader may open. */
export const OPEN_ALL = `document.querySelectorAll('details').forEach((each) => { each.open = true; })`;

/** What axe-core finds in a page that is wholly open: by light and by night, on a desk and on a phone. */
export async function inaccessible(browser: Browser, file: string): Promise<readonly unknown[]> {
  const axe = fs.readFileSync(require.resolve('axe-core/axe.min.js'), 'utf8');
  const found: unknown[] = [];
  for (const [width, dark] of [
    [1280, false],
    [1280, true],
    [390, false],
  ] as const) {
    const page = await browser.open(file, { width, dark });
    await page.evaluate(OPEN_ALL);
    await page.settle();
    await page.evaluate(axe);
    const violations = await page.evaluate<unknown[]>(
      `axe.run().then(({ violations }) => violations.map(({ id, nodes }) => [id, nodes[0].html.slice(0, 200), nodes[0].failureSummary.slice(0, 300)]))`,
    );
    found.push(...violations.map((violation) => ({ width, dark, violation })));
  }
  return found;
}
