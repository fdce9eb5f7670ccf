import type { Tx } from '@app/domain';
import type { CreditLotStore } from './credit-lot.store';
import { lockAccount, postTransfer } from './transfer';

/** Pays what is owed from what is available: after every grant and release. */
export async function payDebt(tx: Tx, lots: CreditLotStore, organizationId: string): Promise<void> {
  const account = await lockAccount(tx, organizationId);
  if (!account) return;
  const payment = account.debtMicro < account.availableMicro ? account.debtMicro : account.availableMicro;
  if (payment === 0n) return;
  await postTransfer(tx, { organizationId, key: `debt:${account.lastSeq + 1n}`, type: 'debt_payment', available: -payment, debt: -payment });
  await lots.burn(tx, organizationId, payment);
}
