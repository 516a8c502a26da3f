/** An object of a vector trace: its pointer stays when it is freed, as a careless program's would. */
export interface VectorObject {
  pointer: number;
  /** Requested bytes, or all that msize gave. */
  bytes: number;
  /** Start of its block's data, which an aligned pointer is not. */
  data: number;
}

/** The objects by id, and the live ones by data start, where compaction finds them. */
export class VectorObjects {
  private readonly byId = new Map<number, VectorObject>();
  private readonly live = new Map<number, VectorObject>();

  /** The object of an id; id −1 and unknown ones are nil. */
  of(id: number): VectorObject {
    const known = this.byId.get(id);
    if (known !== undefined) {
      return known;
    }
    const object = { pointer: 0, bytes: 0, data: 0 };
    if (id >= 0) {
      this.byId.set(id, object);
    }
    return object;
  }

  clear(): void {
    this.byId.clear();
    this.live.clear();
  }

  /** Notes where an allocation put the object; pointer 0 where it failed. */
  placed(object: VectorObject, pointer: number, bytes: number, data: number): void {
    this.freed(object);
    object.pointer = pointer;
    object.bytes = bytes;
    object.data = data;
    if (pointer !== 0) {
      this.live.set(data, object);
    }
  }

  freed(object: VectorObject): void {
    if (this.live.get(object.data) === object) {
      this.live.delete(object.data);
    }
  }

  /** Compaction moved a block: the program's pointer into it moves as far. */
  moved(from: number, to: number): void {
    const object = this.live.get(from);
    if (object !== undefined) {
      this.live.delete(from);
      object.pointer += to - from;
      object.data = to;
      this.live.set(to, object);
    }
  }
}
