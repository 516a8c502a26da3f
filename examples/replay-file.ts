/**
 * Replays a trace through an engine, priced for one machine, and says which operation was the worst. The trace is a
 * file of any format, a recording that ships, or a synthesizer's: `node replay-file.js TRACE ENGINE`.
 */
import { createStack, engineNamed, measure, openTrace, parsePricing } from 'alloc-replay';

async function main(specification = 'recorded:git-status', engine = 'xmalloc-tlsf'): Promise<void> {
  const trace = await openTrace(specification);
  const definition = engineNamed(engine);
  const { outcome, operations, pricings } = await measure({
    trace,
    createStack: ({ drain }) =>
      createStack(
        definition,
        {},
        { heapPages: 65536, virtualPages: 0, ...(drain && { drain }) },
        engineNamed,
      ),
    pricings: [parsePricing('zen4-2022')],
    survey: false,
    pictures: false,
  });
  console.log(`${trace.header.name}, read as ${trace.format}: ${operations} operations, ${outcome.kind}`);
  const dearest = pricings[0]?.metrics['free.cycles.max'];
  console.log(`dearest free: ${dearest?.value} cycles, operation ${dearest?.operation}`);
}

void main(...process.argv.slice(2));
