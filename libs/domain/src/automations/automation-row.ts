import type { Automation } from './automation.entity';

/** An automation as it is shown and run. */
export type AutomationRow = Automation & { readonly repositoryFullName: string; readonly createdByUsername: string };

/** Which automation of which organization; with `rowVersion` only while that is its version. */
export interface OwnedAutomation {
  readonly organizationId: string;
  readonly id: string;
  readonly rowVersion?: number | null;
}

export type NewAutomation = Pick<
  Automation,
  'organizationId' | 'repositoryId' | 'userId' | 'name' | 'kind' | 'trigger' | 'filter' | 'template' | 'maxCreditsPerRunMicro' | 'maxCreditsPerMonthMicro' | 'isEnabled' | 'nextRunAt'
>;

/** What of it a change may replace. A change of `isEnabled` forgets why it was disabled. */
export type AutomationChanges = Partial<Pick<Automation, 'name' | 'kind' | 'trigger' | 'filter' | 'template' | 'maxCreditsPerRunMicro' | 'maxCreditsPerMonthMicro' | 'isEnabled' | 'nextRunAt'>>;

export const AUTOMATION_BIGINTS = ['maxCreditsPerRunMicro', 'maxCreditsPerMonthMicro'] as const;

export const SELECT_AUTOMATION = `SELECT a.id, a.organization_id, a.repository_id, a.user_id, a.name, a.kind, a.trigger, a.filter, a.template, a.max_credits_per_run_micro, a.max_credits_per_month_micro,
  a.is_enabled, a.enabled_at, a.disabled_reason, a.next_run_at, a.last_run_at, a.row_version, a.created_at, a.updated_at, r.full_name AS repository_full_name, u.username AS created_by_username
  FROM automations a JOIN repositories r ON r.id = a.repository_id JOIN users u ON u.id = a.user_id`;
