import { readAddressTrace } from '../../../traces/addresses/address-trace';
import { InputError, UsageError } from '../../../traces/input-error';
import { wideAddress } from '../../../traces/input/lines';
import { openBytes, type ByteSource } from '../../../traces/input/bytes';
import { chasesOf } from '../../studies/addresses/chases';
import { AddressPricer, type PricedAddresses } from '../../studies/addresses/address-pricer';
import { checkedPricings } from '../options/checked-pricings';
import { EXIT, type ExitCode } from '../exit-codes';
import { outputTo } from '../output/output-file';
import { standardTerminal } from '../output/terminal';
import { PRICE_FORMATS, pricedText } from '../../../reports/priced-addresses-text';
import { choice, count, list, operand, text, type ValuesOf } from '../options/option';
import { namesOf, pricingsOption } from '../options/shared-options';
import { command } from './command';

/** `price`: what the memory accesses of a real program's run cost by the model that prices engines. */

const WORST_DEFAULT = 5;
const WORST_MAX = 1000;
const STDIN = '-';

const options = {
  pricing: pricingsOption,
  format: choice('What to print', PRICE_FORMATS, { byDefault: 'text' }),
  worst: count('How many of the dearest operations of each kind to name', [1, WORST_MAX], {}, WORST_DEFAULT),
  chase: list(
    'Instructions whose loads wait for one another, by address (hexadecimal, comma-separated), or none; default: ' +
      'those that load from places of no order',
  ),
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

async function priceAddresses({
  addresses,
  pricing,
  format,
  worst,
  chase,
  out,
}: PriceArguments): Promise<ExitCode> {
  const write = outputTo(out);
  const chases = chasesOf(chase.length === 0 ? undefined : instructionsOf(chase));
  const pricer = new AddressPricer(checkedPricings(namesOf('-p', pricing)), worst, chases);
  const source = await openBytes(addresses === STDIN ? process.stdin : addresses);
  const pricings = await pricedWhole(source, pricer);
  const priced = {
    trace: source.name,
    accesses: pricer.accesses,
    instructions: pricer.instructionCount,
    pricings,
    chases: pricer.chaseInstructions.map((each) => each.toString(16)),
  };
  write(pricedText(priced, format, out === undefined ? standardTerminal() : {}));
  return EXIT.ok;
}

const NONE = 'none';

function instructionsOf(words: readonly string[]): (number | bigint)[] {
  return namesOf('--chase', words).flatMap((word) => {
    const [, digits] = /^(?:0x)?([0-9a-f]{1,16})$/i.exec(word) ?? [];
    if (digits === undefined && word !== NONE) {
      throw new UsageError({
        where: '--chase',
        problem: `"${word}"`,
        expected: 'the address of an instruction, hexadecimal, or none',
      });
    }
    return digits === undefined ? [] : [wideAddress(digits)];
  });
}

async function pricedWhole(source: ByteSource, pricer: AddressPricer): Promise<readonly PricedAddresses[]> {
  try {
    await readAddressTrace(source, pricer);
    return pricer.finish();
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
