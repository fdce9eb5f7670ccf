import { emitOrganizationNews, type Tx } from '@app/domain';
import { limitJson, sayAlert, type SpendingAlert } from './spending-limit';

/** Tells the organization's endpoints which thresholds were passed, in the transaction of the charge. */
export async function announceAlerts(tx: Tx, organizationId: string, alerts: readonly SpendingAlert[]): Promise<void> {
  for (const alert of alerts) await emitOrganizationNews(tx, organizationId, 'budget.threshold', { budget: limitJson(alert), percent: alert.percent, text: sayAlert(alert) });
}
