import { MICROCREDITS_PER_CREDIT, toPage, type Page, type PageRequest } from '@app/common';
import { sqlRow, sqlRows, type Tx } from '@app/domain';
import { Injectable } from '@nestjs/common';
import { overageTerms } from './advance';
import { insufficientCredits } from './credits.errors';
import type { TransferType } from './transfer';

/** What `GET /users/credits` shows. Amounts in microcredits. */
export interface CreditBalance {
  readonly availableMicro: bigint;
  readonly heldMicro: bigint;
  readonly debtMicro: bigint;
  readonly lifetimeGrantedMicro: bigint;
  readonly lifetimeUsedMicro: bigint;
  /** At or below the organization's own threshold. */
  readonly lowBalance: boolean;
  readonly grants: readonly { readonly source: string; readonly category: string; readonly remainingMicro: bigint; readonly expiresAt: Date | null }[];
}

export interface TransactionFilter {
  readonly organizationId: string;
  /** Without it, moves that change nothing in sum (holds, releases) are left out. */
  readonly type?: TransferType;
  readonly taskId?: string;
  readonly from?: Date;
  readonly to?: Date;
}

export interface TransactionRow {
  readonly id: string;
  readonly seq: bigint;
  readonly type: TransferType;
  readonly amountMicro: bigint;
  readonly availableAfterMicro: bigint;
  readonly heldAfterMicro: bigint;
  readonly debtAfterMicro: bigint;
  readonly taskId: string | null;
  readonly description: string | null;
  readonly createdAt: Date;
}

/** Nobody starts a task with less than one credit. */
const LEAST_TO_START_MICRO = MICROCREDITS_PER_CREDIT;

const ZERO: CreditBalance = { availableMicro: 0n, heldMicro: 0n, debtMicro: 0n, lifetimeGrantedMicro: 0n, lifetimeUsedMicro: 0n, lowBalance: true, grants: [] };

/** Reads of accounts and transactions, and the one thing of an account that is no money. Takes a transaction or the plain manager. */
@Injectable()
export class CreditAccountStore {
  async balance(manager: Tx, organizationId: string): Promise<CreditBalance> {
    const account = await sqlRow<Omit<CreditBalance, 'grants'>>(
      manager,
      `SELECT available_micro, held_micro, debt_micro, lifetime_granted_micro, lifetime_used_micro, available_micro <= coalesce(low_balance_micro, 0) AS low_balance
         FROM credit_accounts WHERE organization_id = $1`,
      [organizationId],
      ['availableMicro', 'heldMicro', 'debtMicro', 'lifetimeGrantedMicro', 'lifetimeUsedMicro'],
    );
    if (!account) return ZERO;
    const grants = await sqlRows<CreditBalance['grants'][number]>(
      manager,
      `SELECT source, category, remaining_micro, expires_at FROM credit_grants WHERE organization_id = $1 AND remaining_micro > 0 AND voided_at IS NULL
        ORDER BY priority, expires_at NULLS LAST, effective_at, id`,
      [organizationId],
      ['remainingMicro'],
    );
    return { ...account, grants };
  }

  /** From which balance on the organization wants to be told; null: only at nothing. */
  async setLowBalance(tx: Tx, organizationId: string, lowBalanceMicro: bigint | null): Promise<void> {
    await tx.query('UPDATE credit_accounts SET low_balance_micro = $2, updated_at = now() WHERE organization_id = $1', [organizationId, lowBalanceMicro]);
  }

  /**
   * Refuses a task that cannot even begin: less than one credit free, debt, or less than the estimate. The real check is the hold before
   * each model call. @throws {AppError} insufficient_credits, with `required` and `available` in credits
   */
  async assertCanAfford(manager: Tx, organizationId: string, estimateMicro: bigint | null): Promise<void> {
    const account = await sqlRow<{ availableMicro: bigint; debtMicro: bigint }>(manager, 'SELECT available_micro, debt_micro FROM credit_accounts WHERE organization_id = $1', [organizationId], ['availableMicro', 'debtMicro']);
    const required = estimateMicro !== null && estimateMicro > LEAST_TO_START_MICRO ? estimateMicro : LEAST_TO_START_MICRO;
    const available = account?.availableMicro ?? 0n;
    const debt = account?.debtMicro ?? 0n;
    if (debt === 0n && (available >= required || available + (await this.overageLeft(manager, organizationId)) >= required)) return;
    throw insufficientCredits(required, available, debt);
  }

  private async overageLeft(manager: Tx, organizationId: string): Promise<bigint> {
    const terms = await overageTerms(manager, organizationId);
    return terms && terms.limitMicro > terms.lentMicro ? terms.limitMicro - terms.lentMicro : 0n;
  }

  /** A page of the account's transactions, by sequence. */
  async transactions(manager: Tx, filter: TransactionFilter, page: PageRequest): Promise<Page<TransactionRow>> {
    const descending = page.order === 'desc';
    const rows = await sqlRows<TransactionRow>(
      manager,
      `SELECT id, seq, type, amount_micro, available_after_micro, held_after_micro, debt_after_micro, task_id, description, created_at FROM credit_transactions
        WHERE organization_id = $1 AND (($2::text IS NULL AND amount_micro <> 0) OR type = $2) AND ($3::uuid IS NULL OR task_id = $3)
          AND ($4::timestamptz IS NULL OR created_at >= $4) AND ($5::timestamptz IS NULL OR created_at < $5) AND ($6::bigint IS NULL OR seq ${descending ? '<' : '>'} $6)
        ORDER BY seq ${descending ? 'DESC' : 'ASC'} LIMIT $7`,
      [filter.organizationId, filter.type ?? null, filter.taskId ?? null, filter.from ?? null, filter.to ?? null, page.after?.sort ?? null, page.limit + 1],
      ['seq', 'amountMicro', 'availableAfterMicro', 'heldAfterMicro', 'debtAfterMicro'],
    );
    return toPage(rows, page.limit, (row) => ({ sort: row.seq.toString(), id: row.id }));
  }
}
