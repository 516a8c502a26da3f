import { readAddressTrace } from '../../../traces/addresses/address-trace';
import { InputError } from '../../../traces/input-error';
import { openBytes, type ByteSource } from '../../../traces/input/bytes';
import { AddressPricer } from '../../studies/addresses/address-pricer';
import { checkedPricings } from '../options/checked-pricings';
import { EXIT, type ExitCode } from '../exit-codes';
import { outputTo } from '../output/output-file';
import { standardTerminal } from '../output/terminal';
import { PRICE_FORMATS, pricedText } from '../../../reports/priced-addresses-text';
import { choice, count, operand, text, type ValuesOf } from '../options/option';
import { namesOf, pricingsOption } from '../options/shared-options';
import { command } from './command';

/** `price`: what the memory accesses of a real program's run cost by the model that prices engines. */

const WORST_DEFAULT = 5;
const WORST_MAX = 1000;
const STDIN = '-';

const options = {
  pricing: pricingsOption,
  format: choice('What to print', PRICE_FORMATS, { byDefault: 'text' }),
  worst: count('How many of the dearest operations to name', [1, WORST_MAX], {}, WORST_DEFAULT),
  out: text('A file to write instead of printing', { completes: 'file' }),
};

export const price = command({
  operands: {
    addresses: operand({
      describe: 'An address trace (traces/addresses/README.md), plain, .gz or .zst; - is stdin',
      completes: 'file',
    }),
  },
  options,
  examples: [
    "printf '> push\\nL 1000,8\\nS 1040,8\\n' | $0 - -p zen4-2022,zen4-2022@cold",
    'valgrind --tool=lackey --trace-mem=yes --log-fd=9 ./prog 9>&1 >/dev/null | $0 -',
  ],
  run: priceAddresses,
});

type PriceArguments = { readonly addresses: string } & ValuesOf<typeof options>;

async function priceAddresses({ addresses, pricing, format, worst, out }: PriceArguments): Promise<ExitCode> {
  const write = outputTo(out);
  const pricer = new AddressPricer(checkedPricings(namesOf('-p', pricing)), worst);
  const source = await openBytes(addresses === STDIN ? process.stdin : addresses);
  await readWhole(source, pricer);
  const priced = {
    trace: source.name,
    accesses: pricer.accesses,
    instructions: pricer.instructionCount,
    pricings: pricer.finish(),
  };
  write(pricedText(priced, format, out === undefined ? standardTerminal() : {}));
  return EXIT.ok;
}

async function readWhole(source: ByteSource, pricer: AddressPricer): Promise<void> {
  try {
    await readAddressTrace(source, pricer);
  } catch (error) {
    if (error instanceof InputError && error.where === undefined) {
      const { problem, expected } = error;
      throw new InputError({ where: source.name, problem, ...(expected !== undefined && { expected }) });
    }
    throw error;
  } finally {
    await source.close();
  }
}
