import type { StepDefinitions } from '../../harness/machine/steps';

/** provisional */
export const POOL_STEPS = {
  call: { instructions: 30 },
  fitVisit: { instructions: 11, event: 'searchSteps' },
  findVisit: { instructions: 11, event: 'searchSteps' },
  nodeRemove: { instructions: 30 },
  headChange: { instructions: 10 },
  successorHop: { instructions: 6, event: 'searchSteps' },
  nodeInsert: { instructions: 12 },
  ringInsert: { instructions: 12 },
  ringRemove: { instructions: 12 },
  setSize: { instructions: 14 },
  setData: { instructions: 20 },
  redZoneByte: { instructions: 5 },
  fillerWord: { instructions: 3 },
  merge: { instructions: 30, event: 'merges' },
  split: { instructions: 20, event: 'splits' },
  checkBlock: { instructions: 30 },
  checkNode: { instructions: 30 },
  deadByte: { instructions: 4 },
  markWord: { instructions: 5 },
  newArena: { instructions: 60 },
  arenaHop: { instructions: 3, event: 'searchSteps' },
  arenaMerge: { instructions: 60, event: 'merges' },
  sourceCall: { instructions: 30 },
  sourcePage: { instructions: 0, event: 'pagesTaken' },
  sourceMerge: { instructions: 12 },
  moveBlock: { instructions: 20, event: 'moves' },
  printLine: { instructions: 500 },
} as const satisfies StepDefinitions;

export type PoolSteps = {
  readonly [name in keyof typeof POOL_STEPS]: import('../../harness/machine/steps').Step;
};
