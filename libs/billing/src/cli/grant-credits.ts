import { microsFromCredits, newId } from '@app/common';
import { command } from '@app/domain';
import { CreditHoldStore } from '../credits/credit-hold.store';
import { CreditLedger } from '../credits/credit-ledger';
import { CreditLotStore } from '../credits/credit-lot.store';
import { SpendingCapStore } from '../credits/spending-cap.store';

const USAGE = 'npm run credits:grant -- <organization id> <credits> <reason>';

/** `npm run credits:grant`: gives an organization credits, for operators. */
void command(async (source) => {
  const [organizationId, credits, ...reason] = process.argv.slice(2);
  if (!organizationId || !credits || reason.length === 0) throw new Error(`Usage: ${USAGE}`);
  const amountMicro = microsFromCredits(credits);
  const ledger = new CreditLedger(new CreditHoldStore(), new CreditLotStore(), new SpendingCapStore());
  const description = reason.join(' ').slice(0, 500);
  await source.transaction((tx) => ledger.grant(tx, { organizationId, amountMicro, type: 'adjustment', source: 'adjustment', category: 'promotional', key: `adjustment:${newId()}`, description }));
  return `Granted ${credits} credits.`;
});
