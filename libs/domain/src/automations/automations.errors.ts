import { declareError } from '@app/common';

export const PLAN_LIMIT_AUTOMATIONS = declareError('plan_limit_automations', 429, 'Too many automations');
/** A call that starts a run of an automation which is switched off. */
export const AUTOMATION_DISABLED = declareError('automation_disabled', 409, 'The automation is disabled');
