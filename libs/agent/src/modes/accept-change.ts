import type { CheckRun, Submission, Verification } from '../journal';
import { cleanDiff, type CleanDiff } from '../delivery/clean-diff';
import { tailOf } from '../text/shorten';
import { NOT_VERIFIED, type AcceptContext, type Acceptance } from './mode';

const MAX_CHECK_REFUSALS = 2;
const SHOWN_OUTPUT_CHARACTERS = 3_000;

/**
 * The gate in front of every change: something must have changed (or a reason be given), and the platform's checks must not fail
 * where they passed before. Failing output goes back to the model twice; then the work is delivered as failing, or refused if
 * verification is required.
 */
export async function acceptChange(given: Submission, context: AcceptContext): Promise<Acceptance> {
  // Whoever changes files hands in no plan: one that is recorded means that the work is still to be done.
  const submission = given.plan ? { ...given, plan: null } : given;
  const { files } = await context.workspace.diff();
  const clean = cleanDiff({ files, discard: submission.discard, allowCiFiles: context.task.allowCiFiles });
  if (clean.kept.length === 0) return acceptNothing(submission, context, clean);
  const changed = { ...submission, noChangesReason: null };
  const verification = await context.verify();
  if (verification.status === 'failed') return acceptFailing(changed, verification, context);
  if (verification.status === 'skipped' && context.task.requireVerification) return failed('Verification is required, and no check command is known for this repository.');
  return { accepted: true, outcome: { kind: 'submitted', submission: changed, verification } };
}

function acceptNothing(submission: Submission, context: AcceptContext, clean: CleanDiff): Acceptance {
  if (submission.noChangesReason !== null) return { accepted: true, outcome: { kind: 'submitted', submission, verification: NOT_VERIFIED } };
  if (context.refusals('no_changes') > 0) return { accepted: true, outcome: { kind: 'failed', code: 'no_changes', message: 'The agent handed in no change and gave no reason.' } };
  const leftOut = clean.leftOut.map(({ path, reason }) => `${path} (${reason})`).join(', ');
  const what = leftOut === '' ? 'Nothing differs from the base' : `Nothing is left of the change: left out are ${leftOut}`;
  return { accepted: false, code: 'no_changes', reason: `${what}. Do the work, or submit with noChangesReason if nothing has to be changed.` };
}

function acceptFailing(submission: Submission, verification: Verification, context: AcceptContext): Acceptance {
  if (context.refusals('checks_failed') >= MAX_CHECK_REFUSALS) {
    if (context.task.requireVerification) return failed(`The checks still fail: ${failingChecks(verification).map((check) => check.command).join(', ')}.`);
    return { accepted: true, outcome: { kind: 'submitted', submission, verification } };
  }
  const shown = failingChecks(verification).map((check) => `$ ${check.command}\n[${check.status === 'timed_out' ? 'timed out' : `exit code ${check.exitCode ?? 'unknown'}`}]\n${tailOf(check.outputTail, SHOWN_OUTPUT_CHARACTERS)}`);
  return { accepted: false, code: 'checks_failed', reason: `The platform ran the checks, and what passed before your change fails now. Mend it and submit again.\n\n${shown.join('\n\n')}` };
}

function failingChecks(verification: Verification): CheckRun[] {
  return verification.checks.filter((check) => check.phase === 'head' && check.status !== 'passed' && !check.alreadyFailing);
}

function failed(message: string): Acceptance {
  return { accepted: true, outcome: { kind: 'failed', code: 'verification_failed', message } };
}
