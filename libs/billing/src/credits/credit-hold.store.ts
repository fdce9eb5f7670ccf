import { sqlChange, sqlRow, sqlRows, storableJson, type Tx } from '@app/domain';
import { newId } from '@app/common';
import { Injectable } from '@nestjs/common';
import type { BudgetPeriodRef } from './spending-cap.store';

/** Worst case of a model call, reserved before it is made. */
export interface HoldRequest {
  readonly organizationId: string;
  readonly taskId: string;
  readonly attemptId: string;
  /** Number of the call within its attempt, from 1. */
  readonly callSeq: number;
  /** 0 on the customer's own key. */
  readonly amountMicro: bigint;
  /** The same worst case as provider cost, for budgets that measure cost. */
  readonly costNusd: bigint;
  /** The price in force now: what the call is charged by, also if prices change meanwhile. */
  readonly priceId: string | null;
  /** The customer's own key, if the call uses one. */
  readonly apiKeyId: string | null;
}

export interface HoldRow {
  readonly id: string;
  readonly organizationId: string;
  readonly taskId: string;
  readonly attemptId: string;
  readonly callSeq: number;
  readonly amountMicro: bigint;
  readonly costNusd: bigint;
  readonly capturedMicro: bigint;
  readonly capturedNusd: bigint;
  readonly budgetPeriods: BudgetPeriodRef[];
  readonly priceId: string | null;
  readonly createdAt: Date;
}

/** A model call whose hold is open. */
export interface OpenHold {
  readonly attemptId: string;
  readonly callSeq: number;
}

const HOLD_BIGINTS = ['amountMicro', 'costNusd', 'capturedMicro', 'capturedNusd'] as const;
const COLUMNS = 'id, organization_id, task_id, attempt_id, call_seq, amount_micro, cost_nusd, captured_micro, captured_nusd, budget_periods, price_id, created_at';

/** Rows of holds. Not exported: only the ledger writes money. */
@Injectable()
export class CreditHoldStore {
  /** Moves the amount from available to held, in one statement; null when the credits do not cover it, there is debt, or the hold exists. */
  async take(tx: Tx, hold: HoldRequest, budgets: readonly BudgetPeriodRef[]): Promise<string | null> {
    const id = newId();
    const sides = await sqlRows(tx, hold.amountMicro > 0n ? HOLD : OWN_KEY_HOLD, [
      hold.organizationId, hold.amountMicro, id, newId(), hold.taskId, hold.attemptId, hold.callSeq, hold.costNusd, storableJson(budgets), hold.priceId,
    ]);
    return sides.length > 0 ? id : null;
  }

  find(tx: Tx, attemptId: string, callSeq: number): Promise<HoldRow | null> {
    return sqlRow<HoldRow>(tx, `SELECT ${COLUMNS} FROM credit_holds WHERE attempt_id = $1 AND call_seq = $2`, [attemptId, callSeq], HOLD_BIGINTS);
  }

  /** Closes an open hold; null when it was closed before or never taken. */
  close(tx: Tx, call: { attemptId: string; callSeq: number }, actual: { micro: bigint; nusd: bigint }): Promise<HoldRow | null> {
    return sqlRow<HoldRow>(
      tx,
      `UPDATE credit_holds SET status = CASE WHEN $3::bigint > 0 OR $4::bigint > 0 THEN 'captured' ELSE 'released' END, captured_micro = least($3::bigint, amount_micro), captured_nusd = $4::bigint,
              closed_at = now() WHERE attempt_id = $1 AND call_seq = $2 AND status = 'held' RETURNING ${COLUMNS}`,
      [call.attemptId, call.callSeq, actual.micro, actual.nusd],
      HOLD_BIGINTS,
    );
  }

  async openCalls(tx: Tx, attemptId: string): Promise<number[]> {
    return (await sqlRows<{ callSeq: number }>(tx, `SELECT call_seq FROM credit_holds WHERE attempt_id = $1 AND status = 'held' ORDER BY call_seq`, [attemptId])).map((row) => row.callSeq);
  }

  /**
   * A call whose hold nobody settled: its worker was lost while it ran, so what the vendor counted is not known. Nothing is charged, and the row of
   * its usage says so; once per call, and not where the call has a row.
   */
  async noteLost(tx: Tx, call: OpenHold): Promise<void> {
    await sqlChange(tx, LOST, [newId(), call.attemptId, call.callSeq]);
  }

  /** Open holds past their time, or of attempts that do not run. */
  leftOver(tx: Tx, limit: number): Promise<OpenHold[]> {
    return sqlRows<OpenHold>(
      tx,
      `SELECT h.attempt_id, h.call_seq FROM credit_holds h JOIN task_attempts a ON a.id = h.attempt_id
        WHERE h.status = 'held' AND (h.expires_at < now() OR a.status <> 'running') ORDER BY h.expires_at LIMIT $1`,
      [limit],
    );
  }

  /** Whether a hold is still left over; its attempt is locked. One in other hands is not. */
  async claimLeftOver(tx: Tx, hold: OpenHold): Promise<boolean> {
    const row = await sqlRow(
      tx,
      `SELECT h.id FROM credit_holds h JOIN task_attempts a ON a.id = h.attempt_id
        WHERE h.attempt_id = $1 AND h.call_seq = $2 AND h.status = 'held' AND (h.expires_at < now() OR a.status <> 'running') FOR NO KEY UPDATE OF a SKIP LOCKED`,
      [hold.attemptId, hold.callSeq],
    );
    return row !== null;
  }
}

const LOST = `
WITH u AS (
  INSERT INTO api_key_usage_logs (id, organization_id, user_id, api_key_id, task_id, attempt_id, call_seq, provider, provider_model_id, model_id, outcome, is_estimated, error_code, error_message, metadata)
  SELECT $1, h.organization_id, t.user_id, CASE WHEN h.amount_micro = 0 THEN t.api_key_id END, h.task_id, h.attempt_id, h.call_seq, coalesce(m.provider, 'unknown'), coalesce(m.provider_model_id, 'unknown'), m.id, 'error', true,
         'lost', 'The worker was lost while this call ran. What the vendor counted is not known; nothing was charged.', jsonb_build_object('atMostNusd', h.cost_nusd::text)
    FROM credit_holds h JOIN tasks t ON t.id = h.task_id LEFT JOIN ai_model_prices p ON p.id = h.price_id LEFT JOIN ai_models m ON m.id = p.model_id
   WHERE h.attempt_id = $2 AND h.call_seq = $3
  ON CONFLICT (attempt_id, call_seq) WHERE attempt_id IS NOT NULL DO NOTHING RETURNING task_id)
UPDATE task_counters SET model_calls = model_calls + 1 FROM u WHERE task_counters.task_id = u.task_id`;

const HOLD_ROW = `INSERT INTO credit_holds (id, organization_id, task_id, attempt_id, call_seq, amount_micro, cost_nusd, budget_periods, price_id, expires_at)`;

/** `$1` organization, `$2` microcredits, `$3` hold, `$4` transfer, `$5` task, `$6` attempt, `$7` call, `$8` cost, `$9` budgets, `$10` price; the bench runs it beside its rivals. 20 minutes: longer than the longest model call. */
export const HOLD = `
WITH a AS (
  UPDATE credit_accounts SET available_micro = available_micro - $2::bigint, held_micro = held_micro + $2::bigint, last_seq = last_seq + 1, updated_at = now()
   WHERE organization_id = $1 AND debt_micro = 0 AND available_micro >= $2::bigint
     AND NOT EXISTS (SELECT 1 FROM credit_holds WHERE attempt_id = $6::uuid AND call_seq = $7::integer)
  RETURNING last_seq, available_micro, held_micro, debt_micro),
h AS (${HOLD_ROW} SELECT $3::uuid, $1::uuid, $5::uuid, $6::uuid, $7::integer, $2::bigint, $8::bigint, $9::jsonb, $10::uuid, now() + interval '20 min' FROM a),
t AS (INSERT INTO credit_transactions (id, organization_id, seq, type, idempotency_key, amount_micro, available_after_micro, held_after_micro, debt_after_micro, task_id, attempt_id, hold_id)
      SELECT $4::uuid, $1::uuid, last_seq, 'hold', 'hold:' || $6::uuid || ':' || $7::integer, 0, available_micro, held_micro, debt_micro, $5::uuid, $6::uuid, $3::uuid FROM a RETURNING id)
INSERT INTO credit_entries (transaction_id, account, organization_id, amount_micro)
SELECT t.id, v.account, $1::uuid, v.amount FROM t, (VALUES ('available', -$2::bigint), ('held', $2::bigint)) v(account, amount) RETURNING account`;

/** On the customer's own key no credits move; the row still counts in budgets that measure cost. `$2` is 0 and `$4` names no transfer. */
const OWN_KEY_HOLD = `
${HOLD_ROW} SELECT $3::uuid, $1::uuid, $5::uuid, $6::uuid, $7::integer, $2::bigint, $8::bigint, $9::jsonb, $10::uuid, now() + interval '20 min'
 WHERE $4::uuid IS NOT NULL AND NOT EXISTS (SELECT 1 FROM credit_holds WHERE attempt_id = $6::uuid AND call_seq = $7::integer) RETURNING id`;
