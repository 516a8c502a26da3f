import type { Argv } from 'yargs';
import { readAddressTrace } from '../../../traces/addresses/address-trace';
import { InputError } from '../../../traces/input-error';
import { openBytes, type ByteSource } from '../../../traces/input/bytes';
import { AddressPricer } from '../../studies/addresses/address-pricer';
import { checkedPricings } from '../options/checked-pricings';
import { EXIT, type ExitCode } from '../exit-codes';
import { printOrWrite } from '../output/output-file';
import { PRICE_FORMATS, pricedText, type PriceFormat } from '../../../reports/priced-addresses-text';
import { namesOf, pricingsOption, wholeNumber } from '../options/shared-options';
import { command } from './command';

/** `price`: what the memory accesses of a real program's run cost by the model that prices engines. */

const WORST_DEFAULT = 5;
const WORST_MAX = 1000;
const STDIN = '-';

interface PriceArguments {
  addresses: string;
  pricing: string[];
  format: PriceFormat;
  worst: number;
  out: string | undefined;
}

export const price = command<PriceArguments>({
  command: 'price <addresses>',
  summary:
    'The memory accesses of a real program, as valgrind’s lackey writes them, priced by the same model',
  options: (parser) =>
    parser
      .positional('addresses', {
        type: 'string',
        demandOption: true,
        describe: 'An address trace (traces/addresses/README.md), plain, .gz or .zst; - is stdin',
      })
      .option('pricing', pricingsOption)
      .option('format', { choices: PRICE_FORMATS, default: 'text', describe: 'What to print' })
      .option('worst', {
        type: 'string',
        default: String(WORST_DEFAULT),
        coerce: (text: string) => wholeNumber('--worst', text, 1, WORST_MAX),
        describe: 'How many of the dearest operations to name',
      })
      .option('out', { type: 'string', describe: 'A file to write instead of printing' })
      .example("printf '> push\\nL 1000,8\\nS 1040,8\\n' | $0 price - -p zen4-2022,zen4-2022@cold", '')
      .example(
        'valgrind --tool=lackey --trace-mem=yes --log-fd=9 ./prog 9>&1 >/dev/null | $0 price -',
        '',
      ) as unknown as Argv<PriceArguments>,
  run: priceAddresses,
});

async function priceAddresses({ addresses, pricing, format, worst, out }: PriceArguments): Promise<ExitCode> {
  const pricer = new AddressPricer(checkedPricings(namesOf('-p', pricing)), worst);
  const source = await openBytes(addresses === STDIN ? process.stdin : addresses);
  await readWhole(source, pricer);
  const priced = {
    trace: source.name,
    accesses: pricer.accesses,
    instructions: pricer.instructionCount,
    pricings: pricer.finish(),
  };
  printOrWrite(pricedText(priced, format), out);
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
