import { shrink, type ShrinkPlan, type Shrunk } from '../../studies/search/shrinking';
import { Progress } from './progress';

/** Shrinks a trace and shows how many have been tried; signals are heard between two of them. */
export async function shrinkShown(name: string, plan: Omit<ShrinkPlan, 'tried'>): Promise<Shrunk> {
  const progress = new Progress(
    'shrinking',
    [name],
    (shown) => shown.expect(0, plan.trialsMax),
    undefined,
    'traces',
  );
  return shrink({
    ...plan,
    tried: async (trials) => {
      progress.reached(0, trials);
      await breath();
    },
  }).finally(() => progress.stop());
}

const breath = (): Promise<void> => new Promise((resolve) => void setImmediate(resolve));
