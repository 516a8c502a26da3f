/** Signals that ask a process to end: from a terminal, from what started it, from a terminal that is gone. */
const ENDING_SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/**
 * Has `undo` run when a signal ends this process, which then ends by that signal as if nobody had heard it. Without
 * anything to undo a signal ends the process at once, whatever it is doing. Where somebody else listens to the signal,
 * who may not want to end yet, nothing is undone.
 *
 * Returns what withdraws it. A signal that arrived in the same breath has been heard by then but not told: it is
 * waited for, so that none is lost.
 */
export function onEnding(undo: (signal: NodeJS.Signals) => void): () => void {
  let isWithdrawn = false;
  const listeners = ENDING_SIGNALS.map((signal) => {
    const undoAndEnd = (): void => {
      if (process.listeners(signal).some(({ name }) => name !== undoAndEnd.name)) {
        return;
      }
      if (!isWithdrawn) {
        undo(signal);
      }
      // When everybody has heard it.
      process.nextTick(() => {
        process.removeAllListeners(signal);
        process.kill(process.pid, signal);
      });
    };
    return [signal, undoAndEnd] as const;
  });
  // Many files may be in the making; the warning about many listeners is meant for leaks.
  process.setMaxListeners(process.getMaxListeners() + 1);
  listeners.forEach(([signal, listener]) => process.on(signal, listener));
  const forget = () => {
    listeners.forEach(([signal, listener]) => process.off(signal, listener));
    process.setMaxListeners(process.getMaxListeners() - 1);
  };
  return () => {
    if (!isWithdrawn) {
      isWithdrawn = true;
      // Signals are told between the two.
      setImmediate(() => setImmediate(forget));
    }
  };
}
