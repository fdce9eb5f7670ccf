import { emitOrganizationNews, type Tx } from '@app/domain';
import { limitJson, sayAlert, sayExhausted, type SpendingAlert, type SpendingLimit } from './spending-limit';

/** Tells the organization's endpoints which thresholds were passed, in the transaction of the charge. */
export async function announceAlerts(tx: Tx, organizationId: string, alerts: readonly SpendingAlert[]): Promise<void> {
  for (const alert of alerts) await emitOrganizationNews(tx, organizationId, 'budget.threshold', { budget: limitJson(alert), percent: alert.percent, text: sayAlert(alert) });
}

/** Tells them that there was no room for a call: all of the limit is used as far as calls can use it. */
export async function announceExhausted(tx: Tx, organizationId: string, limit: SpendingLimit): Promise<void> {
  await emitOrganizationNews(tx, organizationId, 'budget.threshold', { budget: limitJson(limit), percent: 100, text: sayExhausted(limit) });
}
