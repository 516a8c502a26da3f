import type { Laboratory } from './laboratory';
import { claimsOf, confirmedIf, outOfScope, trial, type SourceDocument } from './trial';

/** The request for comment that began the policy: who broke it in August 2010, claim by claim. */

const SOURCE = 'Gianni Tedesco, "Request for Comment: xl: start implementing \'the policy\' wrt memory"';
const DATE = '2010-08';

const claim = claimsOf({ name: 'libxl-rfc-2010', source: SOURCE, date: DATE });

export interface ViolatorNumbers {
  /** Rules broken as the function stood, and once it was fixed. */
  readonly broken: readonly string[];
  readonly brokenFixed: readonly string[];
}

const RFC_GENERATION = 1;

const violators = (name: string, statement: string, traces: readonly string[]) =>
  trial<ViolatorNumbers>({
    claim: claim({
      name,
      statement,
      experiment: `Audit of ${traces.map((trace) => `policy:${trace}`).join(', ')} and of the fixed form (a call of the function, annotated).`,
      expected: 'The audit finds rules broken, and none in the fixed form.',
    }),
    measure: async (laboratory) => ({
      broken: await rulesOf(laboratory, traces),
      brokenFixed: await rulesOf(
        laboratory,
        traces.map((trace) => `${trace}-fixed`),
      ),
    }),
    judge: ({ broken, brokenFixed }) =>
      confirmedIf(
        broken.length > 0 && brokenFixed.length === 0,
        `Rules broken: ${broken.join(', ') || 'none'}; when fixed: ${brokenFixed.join(', ') || 'none'}.`,
      ),
  });

async function rulesOf(laboratory: Laboratory, traces: readonly string[]): Promise<string[]> {
  const rules = new Set<string>();
  for (const trace of traces) {
    for (const rule of await laboratory.auditedRules(trace, RFC_GENERATION)) {
      rules.add(rule);
    }
  }
  return [...rules];
}

export const VIOLATORS = [
  violators('violator-domid-to-name', 'libxl_domid_to_name() violates the policy.', [
    'violator-1-domid-to-name',
  ]),
  violators('violator-version-info', 'libxl_get_version_info() violates the policy.', [
    'violator-2-version-info',
  ]),
  violators('violator-list-vcpu', 'libxl_list_vcpu() violates the policy.', ['violator-3-vcpu-list']),
  violators('violator-list-nics', 'libxl_list_nics() violates the policy.', ['violator-4-nic-list']),
  violators('violator-net2-list', 'libxl_device_net2_list() violates the policy.', ['violator-5-net2-list']),
  violators('violator-others', '"Perhaps others" violate it: three more of the time.', [
    'disk-getinfo',
    'disk-list',
    'poolid-to-name',
  ]),
];

export interface AbortNumbers {
  /** Outcome of libxl_free() of a pointer that the gc does not know, before and after. */
  readonly before: string;
  readonly after: string;
}

export const freeAborts = trial<AbortNumbers>({
  claim: claim({
    name: 'free-aborts',
    statement: 'libxl_free returns void from now on, "abort()ing when it goes wrong".',
    experiment: 'libxl_free() of an object that the gc does not know, on generations 0 and 1.',
    expected: 'Generation 0 goes on, generation 1 ends the process.',
  }),
  measure: async (laboratory) => {
    const trace = ['enter,1,0,0', 'heap,2,64,0', 'free,2,0,0,,,,,libxl_free', 'leave,1,0,0'];
    const outcome = async (generation: string): Promise<string> =>
      (await laboratory.watch({ engine: 'libxl-gc-2010', options: { generation }, trace })).outcome.kind;
    return { before: await outcome('0'), after: await outcome('1') };
  },
  judge: ({ before, after }) =>
    confirmedIf(
      before === 'ok' && after === 'corrupt',
      `Generation 0 ends ${before}, generation 1 ${after}.`,
    ),
});

export const libxlRfc2010: SourceDocument = {
  name: 'libxl-rfc-2010',
  title: SOURCE,
  date: DATE,
  parts: [
    ...VIOLATORS,
    freeAborts,
    outOfScope(
      claim({
        name: 'plt-entries-saved',
        statement:
          'Hiding internal functions saves about a thousand GOT/PLT entries, "1-2KB off the binary size", and speeds up dynamic linking.',
        experiment: 'None.',
        expected: 'A smaller binary.',
      }),
      'Only a build of libxl and its dynamic linker can show it; no allocation changes.',
    ),
  ],
};
