import { cleanDiff } from '../delivery/clean-diff';
import type { Submission } from '../journal';
import { leftoversIn } from '../verify/leftovers';
import { proveRegression } from '../verify/regression';
import { acceptChange } from './accept-change';
import { citationFaults } from './accept-answer';
import { notDelivered, type AcceptContext, type Acceptance, type RefusalCode } from './mode';

const MAX_REFUSALS = 3;
const MAX_SHOWN = 5;

/**
 * The gate in front of every correction: the cause is stated at places that exist, a test fails without the change and passes with it (both
 * run by the platform), no aid of the search is left, and then everything that holds for a change.
 */
export async function acceptDebug(submission: Submission, context: AcceptContext): Promise<Acceptance> {
  const faults = await diagnosisFaults(submission, context);
  if (faults.length > 0) return giveBack('diagnosis', context, `${faults.join('; ')}. Submit again with a diagnosis: symptom, cause and evidence, with places as path:line.`, 'The agent stated no cause at places that exist');
  const diff = await context.workspace.diff();
  const { kept } = cleanDiff({ files: diff.files, discard: submission.discard, allowCiFiles: context.task.allowCiFiles });
  if (kept.length === 0) return acceptChange(submission, context);
  const paths = new Set(kept.map((file) => file.path));
  const leftovers = leftoversIn(diff.patch).filter(({ path }) => paths.has(path));
  // Said once: where such a line is meant to stay, the reviewer decides.
  if (leftovers.length > 0 && context.refusals('leftovers') === 0) {
    return { accepted: false, code: 'leftovers', reason: `Aids of the search are left in the change: ${leftovers.slice(0, MAX_SHOWN).map(({ path, line, text }) => `${path}:${line} (${text})`).join('; ')}. Take them out, or submit again if they are meant to stay.` };
  }
  const proof = await proveRegression(submission.regressionTest ?? null, kept, context);
  if (!proof.proven) return giveBack('regression', context, `${proof.reason} Submit again when the test fails before your change and passes after it.`, `The correction is not proven by a test: ${proof.reason}`);
  return acceptChange(submission, { ...context, verify: () => context.verify(proof.runs) });
}

async function diagnosisFaults(submission: Submission, { workspace }: AcceptContext): Promise<string[]> {
  const diagnosis = submission.diagnosis?.trim() ?? '';
  if (diagnosis === '') return ['there is no diagnosis'];
  return (await citationFaults(diagnosis, workspace.base)).map((fault) => fault.replace(/^the answer cites/, 'the diagnosis cites')).slice(0, MAX_SHOWN);
}

function giveBack(code: RefusalCode, context: AcceptContext, reason: string, atLast: string): Acceptance {
  return context.refusals(code) >= MAX_REFUSALS ? notDelivered(atLast, 'verification_failed') : { accepted: false, code, reason };
}
