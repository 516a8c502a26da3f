import { basename } from 'node:path';
import { readAddressTrace } from '../../../traces/addresses/address-trace';
import { InputError, UsageError } from '../../../traces/input-error';
import { wideAddress } from '../../../traces/input/lines';
import { openBytes, type ByteSource } from '../../../traces/input/bytes';
import { chasesOf } from '../../studies/addresses/chases';
import { AddressPricer, type PricedAddresses } from '../../studies/addresses/address-pricer';
import { pricedReplays } from '../../studies/addresses/priced-replays';
import { resultsText } from '../../results/results-text';
import { checkedPricings } from '../options/checked-pricings';
import { ciOptions, ciOutputs } from '../options/ci-options';
import { resultsOf } from '../output/report-files';
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

/** What `compare` reads. */
const RESULTS = 'results';

const { append, commit, label } = ciOptions;

const options = {
  pricing: pricingsOption,
  format: choice('What to print; results is for `compare`', [...PRICE_FORMATS, RESULTS], {
    byDefault: 'text',
  }),
  worst: count('How many of the dearest operations of each kind to name', [1, WORST_MAX], {}, WORST_DEFAULT),
  chase: list(
    'Instructions whose loads wait for one another, by address (hexadecimal, comma-separated), or none; default: ' +
      'those that load from places of no order',
  ),
  out: text('A file to write instead of printing', { completes: 'file' }),
  name: text('What results and histories call the program (default: the name of the file)'),
  append,
  commit,
  label,
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
    "printf '> push\\nL 1000,8\\nS 1040,8\\n' | $0 - -p flat --format results --out base.json",
    'valgrind --tool=lackey --trace-mem=yes --log-fd=9 ./prog 9>&1 >/dev/null | $0 -',
  ],
  run: priceAddresses,
});

type PriceArguments = { readonly addresses: string } & ValuesOf<typeof options>;

async function priceAddresses(argv: PriceArguments): Promise<ExitCode> {
  const { addresses, pricing, format, worst, chase, out } = argv;
  const started = Date.now();
  const ci = ciOutputs({ ...argv, emit: [] });
  const write = outputTo(out);
  const chases = chasesOf(chase.length === 0 ? undefined : instructionsOf(chase));
  const pricer = new AddressPricer(checkedPricings(namesOf('-p', pricing)), worst, chases);
  const source = await openBytes(addresses === STDIN ? process.stdin : addresses);
  const pricings = await pricedWhole(source, pricer);
  const results = resultsOf(pricedReplays(argv.name ?? basename(source.name), pricings, pricer), started);
  const priced = {
    trace: source.name,
    accesses: pricer.accesses,
    instructions: pricer.instructionCount,
    pricings,
    chases: pricer.chaseInstructions.map((each) => each.toString(16)),
  };
  write(
    format === RESULTS
      ? resultsText(results)
      : pricedText(priced, format, out === undefined ? standardTerminal() : {}),
  );
  ci.append(results);
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
