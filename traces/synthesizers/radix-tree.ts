/**
 * The shape of a radix tree of 64 slots a node, as Linux has them since 2.6.18 and Xen took them over: which nodes an
 * insertion adds and a removal drops. A lone index 0 hangs from the root without a node; the tree grows at the top to
 * reach a higher index, and shrinks again once the top node holds nothing but its first slot.
 *
 * A node's memory is allocated and freed by the caller, who keeps `memory` in it.
 */
const SLOT_BITS = 6;
const SLOTS = 1 << SLOT_BITS;

export interface RadixNode {
  /** The object that the caller allocated for the node. */
  memory: number;
  /** By slot: nodes one level down, or items in the lowest level. */
  readonly slots: Map<number, RadixNode | 'item'>;
}

export class RadixTree {
  private height = 0;
  private root: RadixNode | 'item' | undefined;

  /** The nodes that the insertion adds, in the order in which they are allocated. */
  insert(index: number): RadixNode[] {
    const added: RadixNode[] = [];
    this.growTo(index, added);
    if (this.height === 0) {
      this.root = 'item';
      return added;
    }
    this.root ??= newNode(added);
    let node = this.root as RadixNode;
    for (let level = this.height; level > 1; level--) {
      const slot = slotOf(index, level);
      if (!node.slots.has(slot)) {
        node.slots.set(slot, newNode(added));
      }
      node = node.slots.get(slot) as RadixNode;
    }
    node.slots.set(slotOf(index, 1), 'item');
    return added;
  }

  /** The nodes that the removal drops, in the order in which they are freed: those left empty, then the top. */
  remove(index: number): RadixNode[] {
    const dropped: RadixNode[] = [];
    const path: RadixNode[] = [];
    for (let level = this.height; level > 0; level--) {
      path.push(
        (level === this.height ? this.root : path.at(-1)!.slots.get(slotOf(index, level + 1))) as RadixNode,
      );
    }
    for (let level = 1; level <= this.height; level++) {
      const node = path[this.height - level]!;
      node.slots.delete(slotOf(index, level));
      if (node.slots.size > 0) {
        if (level === this.height) {
          this.shrink(dropped);
        }
        return dropped;
      }
      dropped.push(node);
    }
    this.root = undefined;
    this.height = 0;
    return dropped;
  }

  /** Visits items in ascending order, and every node after all that is below it, as a destruction does. */
  *destruction(): Generator<{ readonly index: number } | { readonly node: RadixNode }, void, void> {
    if (this.root === 'item') {
      yield { index: 0 };
    } else if (this.root !== undefined) {
      yield* below(this.root, this.height, 0);
    }
    this.root = undefined;
    this.height = 0;
  }

  private growTo(index: number, added: RadixNode[]): void {
    while (index >= capacity(this.height)) {
      // An empty tree gets its height for nothing.
      if (this.root !== undefined) {
        const top = newNode(added);
        top.slots.set(0, this.root);
        this.root = top;
      }
      this.height++;
    }
  }

  private shrink(dropped: RadixNode[]): void {
    while (this.height > 0) {
      const top = this.root as RadixNode;
      const first = top.slots.get(0);
      if (top.slots.size !== 1 || first === undefined) {
        return;
      }
      this.root = first;
      this.height--;
      dropped.push(top);
    }
  }
}

function newNode(added: RadixNode[]): RadixNode {
  const node: RadixNode = { memory: -1, slots: new Map() };
  added.push(node);
  return node;
}

/** How many indices a tree of this height holds. */
const capacity = (height: number): number => (height === 0 ? 1 : SLOTS * capacity(height - 1));

const slotOf = (index: number, level: number): number => Math.floor(index / capacity(level - 1)) % SLOTS;

function* below(
  node: RadixNode,
  level: number,
  firstIndex: number,
): Generator<{ readonly index: number } | { readonly node: RadixNode }, void, void> {
  for (let slot = 0; slot < SLOTS; slot++) {
    const child = node.slots.get(slot);
    const index = firstIndex + slot * capacity(level - 1);
    if (child === 'item') {
      yield { index };
    } else if (child !== undefined) {
      yield* below(child, level - 1, index);
    }
  }
  yield { node };
}
