import { escapeControls } from '../../traces/input-error';

/** A name that a user gave: markup is escaped by rendering; here invisible and reordering characters become visible. */
export function Name({ of: name }: { of: string }) {
  return <>{escapeControls(name)}</>;
}
