// Four ways to reserve credits on the real tables. Each makes the same rows: account, hold, transfer, two entries.
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { uuidv7 } from '../api/uuid.mjs';

const { HOLD } = createRequire(join(process.cwd(), 'package.json'))('./dist/libs/billing/src/credits/credit-hold.store.js');

const AMOUNT = 1_000_000;
const ROWS = {
  hold: `INSERT INTO credit_holds (id, organization_id, task_id, attempt_id, call_seq, amount_micro, cost_nusd, budget_periods, expires_at) VALUES ($1, $2, $3, $4, $5, $6, 0, '[]', now() + interval '20 min')`,
  transfer: `INSERT INTO credit_transactions (id, organization_id, seq, type, idempotency_key, amount_micro, available_after_micro, held_after_micro, debt_after_micro, task_id, attempt_id, hold_id)
             VALUES ($1, $2, $3, 'hold', $4, 0, $5, $6, 0, $7, $8, $9)`,
  entries: `INSERT INTO credit_entries (transaction_id, account, organization_id, amount_micro) VALUES ($1, 'available', $2, -$3::bigint), ($1, 'held', $2, $3::bigint)`,
};
const READ = 'SELECT available_micro, held_micro, last_seq FROM credit_accounts WHERE organization_id = $1';
const WRITE = 'UPDATE credit_accounts SET available_micro = $2, held_micro = $3, last_seq = $4, updated_at = now() WHERE organization_id = $1';
/** Lost against another transaction: a serialization failure, a deadlock, or a number that another took first. */
const LOST = new Set(['40001', '40P01', '23505']);

const named = (name, text, values) => ({ name, text, values });

/** One conditional statement, as the product makes it. */
async function ours(client, call) {
  const { rowCount } = await client.query(named('ours', HOLD, [call.organizationId, AMOUNT, uuidv7(), uuidv7(), call.taskId, call.attemptId, call.callSeq, 0, '[]', null]));
  return { made: rowCount > 0, lost: 0 };
}

/** Read, decide, write: the move of most applications, in a transaction. */
async function readThenWrite(client, call, { begin, read }) {
  for (let lost = 0; ; lost++) {
    try {
      await client.query(begin);
      const { rows: [account] } = await client.query(named(`read ${read.endsWith('UPDATE') ? 'locked' : 'plain'}`, read, [call.organizationId]));
      const available = Number(account.available_micro) - AMOUNT;
      const held = Number(account.held_micro) + AMOUNT;
      const seq = Number(account.last_seq) + 1;
      if (available < 0) {
        await client.query('ROLLBACK');
        return { made: false, lost };
      }
      await client.query(named('write', WRITE, [call.organizationId, available, held, seq]));
      const [holdId, transferId] = [uuidv7(), uuidv7()];
      await client.query(named('hold', ROWS.hold, [holdId, call.organizationId, call.taskId, call.attemptId, call.callSeq, AMOUNT]));
      await client.query(named('transfer', ROWS.transfer, [transferId, call.organizationId, seq, `hold:${call.attemptId}:${call.callSeq}`, available, held, call.taskId, call.attemptId, holdId]));
      await client.query(named('entries', ROWS.entries, [transferId, call.organizationId, AMOUNT]));
      await client.query('COMMIT');
      return { made: true, lost };
    } catch (error) {
      await client.query('ROLLBACK');
      if (!LOST.has(error.code)) throw error;
    }
  }
}

export const ARMS = {
  ours,
  'for update': (client, call) => readThenWrite(client, call, { begin: 'BEGIN', read: `${READ} FOR UPDATE` }),
  'read, then write': (client, call) => readThenWrite(client, call, { begin: 'BEGIN', read: READ }),
  serializable: (client, call) => readThenWrite(client, call, { begin: 'BEGIN ISOLATION LEVEL SERIALIZABLE', read: READ }),
};
