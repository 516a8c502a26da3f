import type { Placement } from '../trace';
import { PAGE_BYTES } from '../ground/integers';

/** Counts how many live objects lie on each page, by their placements: an allocator can give back a page of none. */
export class PageUse {
  /** How often a page's last object was freed. */
  emptied = 0;
  private readonly spans = new Map<number, { readonly first: number; readonly last: number }>();
  private readonly objectsOn = new Map<number, number>();

  add(id: number, placement: Placement, bytes: number): void {
    const first = Math.floor(placement / PAGE_BYTES);
    const last = Math.floor((placement + Math.max(bytes, 1) - 1) / PAGE_BYTES);
    this.spans.set(id, { first, last });
    for (let page = first; page <= last; page++) {
      this.objectsOn.set(page, (this.objectsOn.get(page) ?? 0) + 1);
    }
  }

  remove(id: number): void {
    const { first, last } = this.spans.get(id)!;
    this.spans.delete(id);
    for (let page = first; page <= last; page++) {
      const left = this.objectsOn.get(page)! - 1;
      if (left > 0) {
        this.objectsOn.set(page, left);
        continue;
      }
      this.objectsOn.delete(page);
      this.emptied++;
    }
  }
}
