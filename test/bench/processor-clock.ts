/** The processor time that this process has used, for tinybench: other programs on the machine matter less. */
export const processorClock = {
  name: 'processor',
  fn: () => process.cpuUsage().user + process.cpuUsage().system,
  toMs: (microseconds: number | bigint) => Number(microseconds) / 1000,
  fromMs: (milliseconds: number) => milliseconds * 1000,
};
