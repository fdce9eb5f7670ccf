import { Injectable } from '@nestjs/common';
import { sqlChange, sqlRow, sqlRows } from '../sql';
import type { Tx } from '../unit-of-work';
import { PERSONAL_OF_USER } from './organization-member.store';

/** Takes an organization away: what opened its doors is gone, what history points at stays. In one transaction, under `OrganizationStore.lock`. */
@Injectable()
export class OrganizationRemoval {
  /** Holds the organization's repositories, so that no task begins on one meanwhile, and gives its tasks that have not ended. */
  async liveTaskIds(tx: Tx, organizationId: string): Promise<string[]> {
    await tx.query('SELECT 1 FROM repositories WHERE organization_id = $1 AND disconnected_at IS NULL ORDER BY id FOR UPDATE', [organizationId]);
    const rows = await sqlRows<{ id: string }>(tx, `SELECT id FROM tasks WHERE organization_id = $1 AND completed_at IS NULL AND status <> 'draft' ORDER BY id`, [organizationId]);
    return rows.map((row) => row.id);
  }

  /** Whether somebody pays for it, which has to end at the payment provider first. */
  async isPaidFor(tx: Tx, organizationId: string): Promise<boolean> {
    const paid = await sqlRow(
      tx,
      `SELECT 1 AS found FROM subscriptions WHERE organization_id = $1 AND stripe_subscription_id IS NOT NULL AND status IN ('trialing','active','past_due','unpaid','paused') LIMIT 1`,
      [organizationId],
    );
    return paid !== null;
  }

  /** Soft: tasks, ledger and audit rows keep pointing at the row. Secrets and tokens are wiped, the slug is free again. */
  async remove(tx: Tx, organizationId: string): Promise<void> {
    for (const statement of REMOVE) await sqlChange(tx, statement, [organizationId]);
  }
}

const REMOVE: readonly string[] = [
  `UPDATE personal_access_tokens SET revoked_at = now() WHERE organization_id = $1 AND revoked_at IS NULL`,
  `UPDATE organization_invitations SET revoked_at = now() WHERE organization_id = $1 AND accepted_at IS NULL AND revoked_at IS NULL`,
  `UPDATE api_keys SET key_ciphertext = NULL, is_active = false, is_default = false, deleted_at = now() WHERE organization_id = $1 AND deleted_at IS NULL`,
  `DELETE FROM repository_secrets WHERE organization_id = $1`,
  `DELETE FROM repository_credentials WHERE organization_id = $1`,
  `UPDATE repositories SET status = 'disconnected', disconnected_at = now() WHERE organization_id = $1 AND disconnected_at IS NULL`,
  // The installation itself stands at GitHub; another organization of the same account may take it up.
  `UPDATE github_installations SET organization_id = NULL WHERE organization_id = $1`,
  `UPDATE webhook_endpoint_deliveries SET status = 'cancelled' WHERE organization_id = $1 AND status = 'pending'`,
  `UPDATE webhook_endpoints SET secret_enc = '', previous_secret_enc = NULL, previous_secret_expires_at = NULL, deleted_at = coalesce(deleted_at, now()) WHERE organization_id = $1`,
  `UPDATE subscriptions SET status = 'canceled', canceled_at = now(), ended_at = now() WHERE organization_id = $1 AND stripe_subscription_id IS NULL AND status IN ('trialing','active','past_due','unpaid','paused')`,
  `UPDATE users u SET default_organization_id = ${PERSONAL_OF_USER} WHERE u.default_organization_id = $1`,
  `DELETE FROM organization_members WHERE organization_id = $1`,
  `UPDATE organizations SET status = 'deleted', deleted_at = now(), billing_email = NULL WHERE id = $1`,
];
