import type { ComponentChildren } from 'preact';
import { renderToString } from 'preact-render-to-string';
import { CONTENT_POLICY, SCRIPT, STYLE } from './theme';

interface DocumentProps {
  readonly title: string;
  readonly children: ComponentChildren;
}

/** One file that needs nothing else and loads nothing, legible without scripts, in light and dark. */
export function htmlDocument(props: DocumentProps): string {
  return `<!doctype html>\n${renderToString(<Document {...props} />)}\n`;
}

function Document({ title, children }: DocumentProps) {
  return (
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta http-equiv="Content-Security-Policy" content={CONTENT_POLICY} />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <title>{title}</title>
        <style dangerouslySetInnerHTML={{ __html: STYLE }} />
      </head>
      <body>
        <main>
          <h1>{title}</h1>
          {children}
        </main>
        <script dangerouslySetInnerHTML={{ __html: SCRIPT }} />
      </body>
    </html>
  );
}
