import type { Machine } from '../../harness/machine/machine';

/**
 * Where today's page allocator looks up what belongs to a node of the machine: which node a page is of, whether a page
 * exists, where a node's free lists and the counters of its zones lie. There is one node here, and the tables say
 * nothing that the model does not know; they are looked at all the same, each on a line of its own.
 */

const LINE_BYTES = 64;
/** Offsets in the tables by node. */
const COUNTERS = 0;
const LISTS = LINE_BYTES;
/** The map from page numbers to nodes: shift and address of the map proper. */
const MAP_SHIFT = 0;
const MAP_ADDRESS = 8;
/** What says that a page exists: the last page's number, and a bitmap by groups of pages. */
const LAST_PAGE = 0;
const PAGE_GROUPS = 8;

export class NodeTables {
  private readonly byNode: number;
  private readonly map: number;
  private readonly nodeOfPages: number;
  private readonly extent: number;
  private readonly online: number;

  constructor(private readonly machine: Machine) {
    this.byNode = machine.reserve('lists and counters by node', 2 * LINE_BYTES, LINE_BYTES);
    this.map = machine.reserve('node map', 16, LINE_BYTES);
    this.nodeOfPages = machine.reserve('nodes by page number', LINE_BYTES, LINE_BYTES);
    this.extent = machine.reserve('existing pages', 16, LINE_BYTES);
    this.online = machine.reserve('online nodes', 16, LINE_BYTES);
  }

  /** Which nodes a take may try. */
  onlineLoad(): void {
    this.machine.load(this.online);
  }

  /** Where the counters of a node's zones lie. */
  countersLoad(): void {
    this.machine.load(this.byNode + COUNTERS);
  }

  /** Where a node's free lists lie. */
  listsLoad(): void {
    this.machine.load(this.byNode + LISTS);
  }

  /** Which node a page is of, by its number. */
  nodeLoad(): void {
    const { machine } = this;
    machine.load(this.map + MAP_SHIFT);
    machine.load(this.map + MAP_ADDRESS);
    machine.chase(this.nodeOfPages);
  }

  /** Whether a page exists: not beyond the last one, and in a group of pages that are there. */
  exists(page: number): boolean {
    const { machine } = this;
    machine.load(this.extent + LAST_PAGE);
    if (page >= machine.heapPages) {
      return false;
    }
    machine.load(this.extent + PAGE_GROUPS);
    return true;
  }
}
