import type { ComponentChildren } from 'preact';
import { escapeControls } from '../../traces/input-error';

/** What may be wider than the page: it scrolls by itself, by the keyboard too, and says that it goes on. */
export function Scroll({ label, children }: { label: string; children: ComponentChildren }) {
  return (
    <div class="scroll" role="region" aria-label={escapeControls(label)} tabindex={0}>
      {children}
    </div>
  );
}
