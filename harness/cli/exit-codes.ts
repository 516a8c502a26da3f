/** What the process's exit code says. */
export const EXIT = {
  ok: 0,
  /** An internal error, or an engine that ended corrupt, faulted, runaway or beyond its bounds. */
  failed: 1,
  /** Bad usage or unreadable input. */
  badInput: 2,
  /** A limit exceeded, a regression, a finding, an unexpected placement. */
  finding: 3,
  /** Two runs of the same cell differed. */
  notDeterministic: 4,
  /** Ctrl-C, as shells count it. */
  interrupted: 130,
} as const;

export type ExitCode = (typeof EXIT)[keyof typeof EXIT];
