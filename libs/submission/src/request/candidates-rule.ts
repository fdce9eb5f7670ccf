import { invalidField } from '@app/common';
import { PUBLISHING_MODES, type Task } from '@app/domain';

/** Several tries are for work that is published, and a plan is approved of one try only. @throws {AppError} validation_failed at /candidates */
export function checkCandidates({ candidates, mode, options }: Pick<Task, 'mode' | 'options'> & { candidates?: number | null }): number | null {
  if (candidates === undefined || candidates === null) return null;
  if (!PUBLISHING_MODES.includes(mode)) throw invalidField('/candidates', 'not_allowed', `a task in mode ${mode} publishes nothing to choose from; there are candidates in ${PUBLISHING_MODES.join(', ')}`);
  if (options['requirePlanApproval'] === true) throw invalidField('/candidates', 'not_allowed', 'candidates and requirePlanApproval exclude each other');
  return candidates;
}
