import { newId } from '@app/common';
import { sqlRow, type Tx } from '@app/domain';
import { Injectable } from '@nestjs/common';
import { CreditLedger } from '../credits/credit-ledger';

interface DuePeriod {
  readonly id: string;
  readonly organizationId: string;
  readonly periodStart: Date;
  readonly periodEnd: Date;
  readonly creditsIncludedMicro: bigint;
  readonly creditsRollOver: boolean;
}

/** What is given away is spent before what was paid for. */
const PROMOTIONAL_PRIORITY = 20;

/** The plan that nobody pays for: at sign-up, and month by month. */
@Injectable()
export class FreePlan {
  constructor(private readonly ledger: CreditLedger) {}

  /**
   * Opens the account of a new personal organization, with the free plan and, once per person, its first month's credits as the sign-up
   * grant. `hadGrant`: an account of theirs that they erased had it. In the transaction that makes the user.
   */
  async start(tx: Tx, { organizationId, userId, hadGrant = false }: { organizationId: string; userId: string; hadGrant?: boolean }): Promise<void> {
    await this.ledger.openAccount(tx, organizationId);
    const plan = await this.subscribe(tx, organizationId, userId);
    if (!plan || plan.creditsIncludedMicro === 0n || hadGrant) return;
    await this.ledger.grant(tx, {
      organizationId, userId, key: `signup:${userId}`, type: 'bonus', source: 'signup', category: 'promotional', amountMicro: plan.creditsIncludedMicro, priority: PROMOTIONAL_PRIORITY,
      description: 'Welcome credits',
    });
  }

  /**
   * Opens the account of a team, on the free plan but without credits of its own: those are given once per person, to their personal
   * organization, at sign-up and month by month. Else everybody could make as many as they make teams.
   */
  async startTeam(tx: Tx, { organizationId, userId }: { organizationId: string; userId: string }): Promise<void> {
    await this.ledger.openAccount(tx, organizationId);
    await this.subscribe(tx, organizationId, userId);
  }

  /** Begins the next period of one free subscription that is due and, of a personal organization, grants its credits; false: none is due. */
  async renewOne(tx: Tx): Promise<boolean> {
    const due = await sqlRow<DuePeriod>(tx, RENEW, [], ['creditsIncludedMicro']);
    if (!due) return false;
    if (due.creditsIncludedMicro > 0n) {
      await this.ledger.grant(tx, {
        organizationId: due.organizationId, key: `grant:${due.id}:${due.periodStart.toISOString()}`, type: 'subscription_grant', source: 'subscription', category: 'promotional', kind: 'period',
        amountMicro: due.creditsIncludedMicro, priority: PROMOTIONAL_PRIORITY, subscriptionId: due.id, periodStart: due.periodStart, expiresAt: due.creditsRollOver ? null : due.periodEnd,
        description: 'Credits of the free plan',
      });
    }
    return true;
  }

  private subscribe(tx: Tx, organizationId: string, userId: string): Promise<{ creditsIncludedMicro: bigint } | null> {
    return sqlRow(
      tx,
      `WITH p AS (SELECT id, credits_included_micro FROM subscription_plans WHERE tier = 'free' AND is_active ORDER BY sort_order, id LIMIT 1),
            s AS (INSERT INTO subscriptions (id, organization_id, user_id, plan_id, status, current_period_start, current_period_end)
                  SELECT $1, $2, $3, p.id, 'active', now(), now() + interval '1 month' FROM p ON CONFLICT DO NOTHING RETURNING id)
       SELECT p.credits_included_micro FROM p`,
      [newId(), organizationId, userId],
      ['creditsIncludedMicro'],
    );
  }
}

/** A subscription that was not looked at for months begins the month that runs now; months missed are not made up. */
const RENEW = `
UPDATE subscriptions s SET current_period_start = n.start_at, current_period_end = n.start_at + interval '1 month'
  FROM (SELECT d.id, CASE WHEN o.kind = 'personal' THEN p.credits_included_micro ELSE 0 END AS credits_included_micro, p.credits_roll_over,
               d.current_period_end + make_interval(months => (extract(year FROM age(now(), d.current_period_end)) * 12 + extract(month FROM age(now(), d.current_period_end)))::integer) AS start_at
          FROM subscriptions d JOIN subscription_plans p ON p.id = d.plan_id JOIN organizations o ON o.id = d.organization_id
         WHERE d.status = 'active' AND d.stripe_subscription_id IS NULL AND p.tier = 'free' AND d.current_period_end <= now() AND NOT d.cancel_at_period_end
         ORDER BY d.current_period_end LIMIT 1 FOR NO KEY UPDATE OF d SKIP LOCKED) n
 WHERE s.id = n.id
RETURNING s.id, s.organization_id, s.current_period_start AS period_start, s.current_period_end AS period_end, n.credits_included_micro, n.credits_roll_over`;
