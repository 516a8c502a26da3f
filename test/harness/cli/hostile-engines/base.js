const { blockPlacement, HEAP_BASE, isBlock, NULL, PAGE_BYTES: page } = require('alloc-replay');
function make(over = {}) {
  return {
    name: over.name || 'ppo',
    version: 1,
    summary: 's',
    lineage: 'l',
    constants: {
      headerBytes: 0,
      granuleBytes: page,
      blockBytesMin: page,
      alignBytesMax: page,
      requestBytesMax: page,
    },
    options: {},
    capabilities: [],
    bounds: [],
    quirks: [],
    placementsForm: 'xen',
    create(machine) {
      const list = machine.reserve('free pages', 8);
      const { call } = machine.defineSteps('ppo', { call: { instructions: 9 } });
      machine.openLedger(page);
      const push = (a) => {
        machine.work(call);
        machine.store(a, machine.load(list));
        machine.store(list, a);
      };
      const e = {
        start() {
          for (let at = 0; at < machine.layout.heapBytes; at += page) {
            push(HEAP_BASE + at);
          }
        },
        allocate(s) {
          machine.work(call);
          const a = machine.load(list);
          if (s > page || a === 0) {
            return NULL;
          }
          machine.store(list, machine.chase(a));
          machine.ledger.take(a, page);
          return blockPlacement(a);
        },
        free(o) {
          if (!isBlock(o)) {
            return;
          }
          push(o);
          machine.ledger.give(o, page);
        },
        blockAt(o) {
          return machine.ledger.holds(o, page) ? { start: o, bytes: page, headerBytes: 0 } : undefined;
        },
        walk(v) {
          machine.ledger.runs(({ address, bytes }) => {
            for (let at = 0; at < bytes; at += page) {
              v(address + at, page, 'allocated');
            }
          });
        },
        check() {},
      };
      return Object.assign(e, over.engine ? over.engine(machine, e) : {});
    },
    ...(over.def || {}),
  };
}
module.exports = { make };
