/** How a cost grows with the live objects: in integers, from the points alone. */

export interface Point {
  readonly live: number;
  /** The cost at that many live objects, in whatever unit the curve has. */
  readonly cost: number;
}

/**
 * The factor by which the cost grows when the live objects double, in per mille: the mean over all points whose half
 * lies on the curve too (between two points on the straight line). Undefined where no point has such a half.
 */
export function growthPerDoubling(curve: readonly Point[]): number | undefined {
  const points = [...curve].sort((a, b) => a.live - b.live);
  let sum = 0;
  let doublings = 0;
  for (const point of points) {
    const half = interpolated(points, point.live / 2);
    if (half !== undefined && half > 0) {
      sum += Math.round((1000 * point.cost) / half);
      doublings++;
    }
  }
  return doublings === 0 ? undefined : Math.round(sum / doublings);
}

/** The live count at which the cost passes `limit`, between the two points around it; undefined if it never does. */
export function crossingPoint(curve: readonly Point[], limit: number): number | undefined {
  const points = [...curve].sort((a, b) => a.live - b.live);
  const index = points.findIndex(({ cost }) => cost >= limit);
  const above = points[index];
  const below = points[index - 1];
  if (above === undefined) {
    return undefined;
  }
  if (below === undefined) {
    return above.live;
  }
  return (
    below.live + Math.round(((above.live - below.live) * (limit - below.cost)) / (above.cost - below.cost))
  );
}

/** The cost at `live` on the straight line between its neighbours; undefined outside the curve. */
function interpolated(points: readonly Point[], live: number): number | undefined {
  const index = points.findIndex((point) => point.live >= live);
  const right = points[index];
  if (right === undefined || right.live === live) {
    return right?.cost;
  }
  const left = points[index - 1];
  if (left === undefined) {
    return undefined;
  }
  return left.cost + Math.round(((right.cost - left.cost) * (live - left.live)) / (right.live - left.live));
}
