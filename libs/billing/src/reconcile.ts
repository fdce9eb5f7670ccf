import { sqlRows, type Tx } from '@app/domain';

/** A sum that should be equal and is not. Amounts in microcredits. */
export interface Unexplained {
  readonly rule: string;
  /** Organization, transaction or budget. */
  readonly subject: string;
  readonly expected: bigint;
  readonly found: bigint;
}

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
};

/** Compares every sum of the ledger that must be equal. Empty: all is explained. Run it in a repeatable-read transaction, or while nothing moves. */
export async function reconcile(tx: Tx): Promise<Unexplained[]> {
  const found: Unexplained[] = [];
  for (const [rule, sql] of Object.entries(RULES)) {
    const rows = await sqlRows<Omit<Unexplained, 'rule'>>(tx, sql, [], ['expected', 'found']);
    found.push(...rows.map((row) => ({ rule, ...row })));
  }
  return found;
}
