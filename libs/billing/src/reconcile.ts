import { sqlRows, type Tx } from '@app/domain';

/** A sum that should be equal and is not. Amounts in microcredits. */
export interface Unexplained {
  readonly rule: string;
  /** Organization, transaction or budget. */
  readonly subject: string;
  readonly expected: bigint;
  readonly found: bigint;
}

const CLEARED = 'paid credits are cleared by their charge';
/** Of each rule; one that is broken everywhere need not be listed whole. */
const MOST_SHOWN = 1_000;

/** One query per rule; each returns the subjects that break it. */
const RULES: Readonly<Record<string, string>> = {
  'cached balances are the sums of their entries': `
    SELECT a.organization_id || ' ' || e.account AS subject, coalesce(s.total, 0)::bigint AS expected, e.cached AS found
      FROM credit_accounts a CROSS JOIN LATERAL (VALUES ('available', a.available_micro), ('held', a.held_micro), ('debt', -a.debt_micro)) e(account, cached)
      LEFT JOIN LATERAL (SELECT sum(amount_micro) AS total FROM credit_entries x WHERE x.organization_id = a.organization_id AND x.account = e.account) s ON true
     WHERE e.cached <> coalesce(s.total, 0)`,
  'transactions sum to the balance': `
    SELECT a.organization_id::text AS subject, coalesce(s.total, 0)::bigint AS expected, a.available_micro + a.held_micro - a.debt_micro AS found
      FROM credit_accounts a LEFT JOIN LATERAL (SELECT sum(amount_micro) AS total FROM credit_transactions x WHERE x.organization_id = a.organization_id) s ON true
     WHERE a.available_micro + a.held_micro - a.debt_micro <> coalesce(s.total, 0)`,
  'lots sum to available and held': `
    SELECT a.organization_id::text AS subject, a.available_micro + a.held_micro AS expected, coalesce(s.total, 0)::bigint AS found
      FROM credit_accounts a LEFT JOIN LATERAL (SELECT sum(remaining_micro) AS total FROM credit_grants x WHERE x.organization_id = a.organization_id AND x.voided_at IS NULL) s ON true
     WHERE a.available_micro + a.held_micro <> coalesce(s.total, 0)`,
  'open holds sum to held': `
    SELECT a.organization_id::text AS subject, a.held_micro AS expected, coalesce(s.total, 0)::bigint AS found
      FROM credit_accounts a LEFT JOIN LATERAL (SELECT sum(amount_micro) AS total FROM credit_holds x WHERE x.organization_id = a.organization_id AND x.status = 'held') s ON true
     WHERE a.held_micro <> coalesce(s.total, 0)`,
  'transfers balance': `
    SELECT t.id::text AS subject, 0::bigint AS expected, coalesce(s.total, 0)::bigint AS found
      FROM credit_transactions t LEFT JOIN LATERAL (SELECT sum(amount_micro) AS total, count(*) AS sides FROM credit_entries x WHERE x.transaction_id = t.id) s ON true
     WHERE coalesce(s.total, 0) <> 0 OR s.sides < 2`,
  'transfers are numbered without gaps': `
    SELECT a.organization_id::text AS subject, a.last_seq AS expected, coalesce(s.numbered, 0) AS found
      FROM credit_accounts a LEFT JOIN LATERAL (SELECT count(*) AS numbered, max(seq) AS last FROM credit_transactions x WHERE x.organization_id = a.organization_id) s ON true
     WHERE a.last_seq <> coalesce(s.numbered, 0) OR a.last_seq <> coalesce(s.last, 0)`,
  'tasks hold what their open calls reserved': `
    SELECT k.task_id::text AS subject, coalesce(s.total, 0)::bigint AS expected, k.credits_held_micro AS found
      FROM task_counters k LEFT JOIN LATERAL (SELECT sum(x.amount_micro) AS total FROM credit_holds x JOIN tasks t ON t.id = x.task_id LEFT JOIN tasks p ON p.id = t.parent_task_id
                                               WHERE x.status = 'held' AND k.task_id IN (t.id, t.parent_task_id, p.parent_task_id)) s ON true
     WHERE k.credits_held_micro <> coalesce(s.total, 0)`,
  'calls are charged what their usage rows say': `
    SELECT t.task_id::text AS subject, sum(t.charged)::bigint AS expected, coalesce(l.total, 0)::bigint AS found
      FROM (SELECT task_id, -amount_micro AS charged FROM credit_transactions WHERE type = 'usage' AND task_id IS NOT NULL) t
      LEFT JOIN LATERAL (SELECT sum(credits_micro) AS total FROM api_key_usage_logs x WHERE x.task_id = t.task_id) l ON true
     GROUP BY t.task_id, l.total HAVING sum(t.charged) <> coalesce(l.total, 0)`,
  'tasks used what was charged for them and their child tasks': `
    WITH RECURSIVE line AS (
      SELECT t.id, t.id AS above FROM tasks t WHERE EXISTS (SELECT 1 FROM credit_transactions x WHERE x.task_id = t.id AND x.type = 'usage')
      UNION SELECT l.id, t.parent_task_id FROM line l JOIN tasks t ON t.id = l.above WHERE t.parent_task_id IS NOT NULL)
    SELECT k.task_id::text AS subject, coalesce(s.total, 0)::bigint AS expected, k.credits_used_micro AS found
      FROM task_counters k LEFT JOIN (SELECT l.above, -sum(x.amount_micro) AS total FROM line l JOIN credit_transactions x ON x.task_id = l.id AND x.type = 'usage' GROUP BY l.above) s ON s.above = k.task_id
     WHERE k.credits_used_micro <> coalesce(s.total, 0)`,
  'tasks cost what their usage rows say': `
    SELECT k.task_id::text AS subject, coalesce(s.total, 0)::bigint AS expected, k.cost_nusd AS found
      FROM task_counters k LEFT JOIN (SELECT task_id, sum(cost_nusd) AS total FROM api_key_usage_logs WHERE task_id IS NOT NULL GROUP BY task_id) s ON s.task_id = k.task_id
     WHERE k.cost_nusd <> coalesce(s.total, 0)`,
  'usage rows cost their tokens at their price': `
    SELECT l.id::text AS subject, c.nano::bigint AS expected, l.cost_nusd AS found
      FROM api_key_usage_logs l JOIN ai_model_prices p ON p.id = l.price_id,
           LATERAL (SELECT l.input_tokens::numeric * p.input_umtok + l.cache_read_tokens::numeric * p.cache_read_umtok + l.cache_write_short_tokens::numeric * p.cache_write_short_umtok
                         + l.cache_write_long_tokens::numeric * p.cache_write_long_umtok + l.output_tokens::numeric * p.output_umtok AS pico) w,
           LATERAL (SELECT CASE WHEN w.pico % 1000 = 500 AND div(w.pico, 1000) % 2 = 0 THEN div(w.pico, 1000) ELSE div(w.pico + 500, 1000) END AS nano) c
     WHERE l.cost_nusd <> c.nano`,
  'budgets hold what their open calls reserved': `
    SELECT p.budget_id || ' ' || p.period_start AS subject, coalesce(s.total, 0)::bigint AS expected, p.held_value AS found
      FROM budget_periods p JOIN budgets b ON b.id = p.budget_id
      LEFT JOIN LATERAL (SELECT sum(CASE b.measure WHEN 'credits' THEN h.amount_micro ELSE h.cost_nusd END) AS total FROM credit_holds h
                          WHERE h.organization_id = b.organization_id AND h.status = 'held' AND h.budget_periods @> jsonb_build_array(jsonb_build_array(b.id, p.period_start::text, b.measure))) s ON true
     WHERE p.held_value <> coalesce(s.total, 0)`,
  'budgets used what their calls came to': `
    SELECT p.budget_id || ' ' || p.period_start AS subject, p.other_value + coalesce(s.total, 0)::bigint AS expected, p.used_value AS found
      FROM budget_periods p JOIN budgets b ON b.id = p.budget_id
      LEFT JOIN LATERAL (SELECT sum(CASE b.measure WHEN 'cost' THEN h.captured_nusd
                                                    ELSE h.captured_micro + coalesce((SELECT -x.amount_micro FROM credit_transactions x
                                                         WHERE x.organization_id = h.organization_id AND x.idempotency_key = 'topup:' || h.attempt_id || ':' || h.call_seq), 0) END) AS total
                           FROM credit_holds h JOIN tasks t ON t.id = h.task_id
                          WHERE t.organization_id = b.organization_id AND h.status <> 'held' AND h.budget_periods @> jsonb_build_array(jsonb_build_array(b.id, p.period_start::text, b.measure))) s ON true
     WHERE p.used_value <> p.other_value + coalesce(s.total, 0)`,
  'no reservation outlives its attempt': `
    SELECT h.id::text AS subject, 0::bigint AS expected, h.amount_micro AS found
      FROM credit_holds h JOIN task_attempts a ON a.id = h.attempt_id
     WHERE h.status = 'held' AND (h.expires_at < now() - interval '5 min' OR a.finished_at < now() - interval '5 min')`,
  'purchases brought their credits': `
    SELECT p.id::text AS subject, p.credits_micro AS expected, coalesce(t.amount_micro, 0) AS found
      FROM credit_purchases p LEFT JOIN credit_transactions t ON t.organization_id = p.organization_id AND t.idempotency_key = 'purchase:' || p.id
     WHERE p.completed_at IS NOT NULL AND coalesce(t.amount_micro, 0) <> p.credits_micro`,
  'purchases say what was taken back of them': `
    SELECT p.id::text AS subject, greatest(coalesce(s.total, 0), 0)::bigint AS expected, p.credits_revoked_micro AS found
      FROM credit_purchases p LEFT JOIN LATERAL (SELECT -sum(t.amount_micro) AS total FROM credit_transactions t WHERE t.purchase_id = p.id AND t.type IN ('reversal', 'refund')) s ON true
     WHERE p.credits_revoked_micro <> greatest(coalesce(s.total, 0), 0)`,
  'lent credits are what was lent and not used': `
    SELECT a.organization_id::text AS subject, coalesce(g.total, 0)::bigint AS expected, coalesce(e.total, 0)::bigint AS found
      FROM credit_accounts a
      JOIN LATERAL (SELECT sum(remaining_micro) AS total, count(*) AS lots FROM credit_grants x WHERE x.organization_id = a.organization_id AND x.source = 'overage') g ON g.lots > 0
      LEFT JOIN LATERAL (SELECT -sum(amount_micro) AS total FROM credit_entries x WHERE x.organization_id = a.organization_id AND x.account = 'advances') e ON true
     WHERE coalesce(g.total, 0) <> coalesce(e.total, 0)`,
  'overage is on its days what was used beyond the credits': `
    SELECT g.subscription_id::text AS subject, sum(g.amount_micro - g.remaining_micro)::bigint AS expected, coalesce(u.total, 0)::bigint AS found
      FROM credit_grants g LEFT JOIN LATERAL (SELECT sum(overage_micro) AS total FROM subscription_usage x WHERE x.subscription_id = g.subscription_id) u ON true
     WHERE g.source = 'overage' GROUP BY g.subscription_id, u.total HAVING sum(g.amount_micro - g.remaining_micro) <> coalesce(u.total, 0)`,
  'overage is owed until it is paid': `
    SELECT g.subscription_id::text AS subject, sum(g.amount_micro - g.remaining_micro)::bigint - coalesce(c.paid, 0)::bigint AS expected, coalesce(-o.total, 0)::bigint AS found
      FROM credit_grants g
      LEFT JOIN LATERAL (SELECT sum(e.amount_micro) AS paid FROM credit_transactions t JOIN credit_entries e ON e.transaction_id = t.id AND e.account = 'overage'
                          WHERE t.organization_id = g.organization_id AND t.subscription_id = g.subscription_id AND t.type = 'clearing') c ON true
      LEFT JOIN LATERAL (SELECT sum(e.amount_micro) AS total FROM credit_transactions t JOIN credit_entries e ON e.transaction_id = t.id AND e.account = 'overage'
                          WHERE t.organization_id = g.organization_id AND t.subscription_id = g.subscription_id) o ON true
     WHERE g.source = 'overage' GROUP BY g.subscription_id, c.paid, o.total HAVING sum(g.amount_micro - g.remaining_micro) - coalesce(c.paid, 0) <> coalesce(-o.total, 0)`,
  'overage was reported as far as its days say': `
    SELECT r.subscription_id::text AS subject, sum(r.credits)::bigint * 1000000 AS expected, coalesce(u.total, 0)::bigint AS found
      FROM overage_reports r LEFT JOIN LATERAL (SELECT sum(overage_reported_micro) AS total FROM subscription_usage x WHERE x.subscription_id = r.subscription_id) u ON true
     WHERE r.status = 'sent' GROUP BY r.subscription_id, u.total HAVING sum(r.credits)::bigint * 1000000 <> coalesce(u.total, 0)`,
  [CLEARED]: `
    SELECT t.id::text AS subject, t.amount_micro AS expected, coalesce(c.total, 0)::bigint AS found
      FROM credit_transactions t
      JOIN credit_entries e ON e.transaction_id = t.id AND e.account = 'purchases_clearing' AND e.amount_micro < 0
      LEFT JOIN LATERAL (SELECT sum(ce.amount_micro) AS total FROM credit_transactions ct JOIN credit_entries ce ON ce.transaction_id = ct.id AND ce.account = 'purchases_clearing'
                          WHERE ct.grant_id = t.grant_id AND ct.type = 'clearing') c ON true
     WHERE coalesce(c.total, 0) <> t.amount_micro AND (c.total IS NOT NULL OR t.created_at < now() - make_interval(hours => $1))`,
};

/** Names of the rules, in the order in which they are checked. */
export const RECONCILED = Object.keys(RULES);

/** Stripe repeats what it could not tell for three days: until then a charge may still be on its way. */
const CLEARING_HOURS = 72;

/**
 * Compares everything in the ledger that must be equal. Empty: all is explained. Run it in a repeatable-read transaction, or while nothing
 * moves. `clearingHours`: how long paid credits may wait for the news of their charge.
 */
export async function reconcile(tx: Tx, { clearingHours = CLEARING_HOURS }: { clearingHours?: number } = {}): Promise<Unexplained[]> {
  const found: Unexplained[] = [];
  for (const [rule, sql] of Object.entries(RULES)) {
    const rows = await sqlRows<Omit<Unexplained, 'rule'>>(tx, `SELECT * FROM (${sql}) broken ORDER BY subject LIMIT ${MOST_SHOWN}`, rule === CLEARED ? [clearingHours] : [], ['expected', 'found']);
    found.push(...rows.map((row) => ({ rule, ...row })));
  }
  return found;
}

/** The same in a transaction of its own, which sees one moment of the ledger however much moves meanwhile. */
export async function reconcileNow(source: Pick<Tx, 'transaction'>, options: { clearingHours?: number } = {}): Promise<Unexplained[]> {
  return source.transaction('REPEATABLE READ', async (tx) => {
    await tx.query('SET TRANSACTION READ ONLY');
    return reconcile(tx, options);
  });
}
