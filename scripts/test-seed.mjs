// Property tests begin from one seed, so that a test run says the same twice. PAGEWALK_SEED tries another.
import fc from 'fast-check';

const seed = Number(process.env.PAGEWALK_SEED ?? 24022);
if (!Number.isInteger(seed))
  throw new Error(`PAGEWALK_SEED=${process.env.PAGEWALK_SEED}: allowed are whole numbers`);
fc.configureGlobal({ seed });
