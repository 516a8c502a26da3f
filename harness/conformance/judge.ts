import { isVirtual, VIRTUAL_BASE, type Placement } from '../../traces/trace';
import { PAGE_BYTES } from '../machine/memory-layout';
import type { Guarantee, RequestFacts } from '../replay/demonstration';
import type { LiveObject, LiveObjects } from './live-objects';
import { operationText, type ConformanceOperation } from './operation';
import type { Findings, Rule } from './rules';
import { isExcused, type Subject } from './subject';
import type { WatchedMachine } from './watched-machine';

/** Judges placements and contents by the rules, and knows what the engine's quirks excuse. */
export class Judge {
  constructor(
    private readonly subject: Subject,
    private readonly machine: WatchedMachine,
    private readonly live: LiveObjects,
    private readonly findings: Findings,
    /** The operations so far, for the report. */
    private readonly history: () => readonly ConformanceOperation[],
  ) {}

  alignment(next: ConformanceOperation, placement: Placement, old?: LiveObject): void {
    const { align } = next;
    const honoured = Math.min(align, this.subject.definition.constants.alignBytesMax ?? align);
    if (honoured <= 1) {
      return;
    }
    const isAligned = (placement - next.offset) % honoured === 0;
    if (isAligned || !isExcused(this.subject, 'aligned', factsOf(next, old))) {
      this.expect('aligned', isAligned, next, `at 0x${placement.toString(16)}`);
    }
    const last = placement + Math.max(next.size, 1) - 1;
    const isWithin = next.span === 0 || Math.floor(placement / next.span) === Math.floor(last / next.span);
    this.expect('aligned', isWithin, next, `at 0x${placement.toString(16)} crosses a multiple of its span`);
  }

  place(next: ConformanceOperation, placement: Placement, old?: LiveObject): void {
    const { machine } = this;
    const { size } = next;
    const isHeld = isVirtual(placement)
      ? placement - VIRTUAL_BASE + size <= machine.virtualPages * PAGE_BYTES
      : machine.ledger.holds(placement, size);
    this.expect('held', isHeld, next, `at 0x${placement.toString(16)}`);
    const other = this.live.overlapped(placement, size, old?.id);
    const where = `at 0x${placement.toString(16)} over object ${other?.id}`;
    this.expect('apart', other === undefined, next, where);
  }

  contents(object: LiveObject, placement: Placement, bytes: number, when: string): void {
    if (bytes === 0 || !this.live.canRead(placement) || !this.live.canRead(object.placement)) {
      return;
    }
    const spoilt = this.live.spoiltByte(object, placement, bytes);
    this.findings.expect(
      'kept',
      spoilt === undefined,
      () => `byte ${spoilt} of object ${object.id} (${object.sizeBytes} bytes) was changed ${when}`,
      () => this.history(),
    );
  }

  isExcused(guarantee: Guarantee, next: ConformanceOperation, old?: LiveObject): boolean {
    return isExcused(this.subject, guarantee, factsOf(next, old));
  }

  expect(rule: Rule, holds: boolean, next: ConformanceOperation, reason: string): void {
    this.findings.expect(
      rule,
      holds,
      () => `"${operationText(next)}" ${reason}`,
      () => this.history(),
    );
  }
}

/** A request as quirks see it. */
export function factsOf({ op, size, align }: ConformanceOperation, old?: LiveObject): RequestFacts {
  return { op, sizeBytes: size, align, oldBytes: old?.sizeBytes ?? 0, oldAlign: old?.align ?? 0 };
}
