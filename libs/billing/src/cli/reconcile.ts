import { loadConfig, loadConfigGroup, StripeConfig } from '@app/common';
import { command, UnitOfWork } from '@app/domain';
import { StripeClient } from '../payments/stripe-client';
import { StripeRecords } from '../payments/stripe-records';
import { StripeSubscriptions } from '../payments/stripe-subscriptions';
import { StripeReconciliation } from '../purchases/stripe-reconciliation';
import { RECONCILED, reconcileNow } from '../reconcile';

const USAGE = 'npm run reconcile [-- --clearing-hours <hours>]';
/** As far back as Stripe's books are compared: longer than Stripe goes on telling what it could not tell. */
const STRIPE_DAYS = 7;

/** `npm run reconcile`: explains every credit, and Stripe's books where this deployment has a key; or says what it cannot explain and exits with 1. */
void command(async (source) => {
  const ledger = await reconcileNow(source.manager, { clearingHours: clearingHours(process.argv.slice(2)) });
  const payments = await ofStripe(new UnitOfWork(source));
  const lines = [...ledger.map(({ rule, subject, expected, found }) => `${rule}: ${subject}: expected ${expected}, found ${found}`), ...(payments ?? [])];
  if (lines.length > 0) throw new Error([...lines, `Unexplained: ${lines.length}`].join('\n'));
  return [...RECONCILED.map((rule) => `ok  ${rule}`), payments === null ? '--  Stripe: no key, not compared' : `ok  Stripe's books of the last ${STRIPE_DAYS} days`, 'Unexplained: 0'].join('\n');
});

/** Null: this deployment has no Stripe. */
async function ofStripe(work: UnitOfWork): Promise<string[] | null> {
  if (loadConfigGroup(StripeConfig).STRIPE_SECRET_KEY === undefined) return null;
  const stripe = new StripeClient(loadConfig());
  if (!stripe.isConfigured) return null;
  const since = new Date(Date.now() - STRIPE_DAYS * 86_400_000);
  const findings = await new StripeReconciliation(new StripeRecords(stripe), new StripeSubscriptions(stripe), work).findings(since);
  return findings.map(({ rule, subject, detail }) => `${rule}: ${subject}: ${detail}`);
}

function clearingHours([name, value, ...rest]: string[]): number | undefined {
  if (name === undefined) return undefined;
  if (name !== '--clearing-hours' || !/^\d{1,4}$/.test(value ?? '') || rest.length > 0) throw new Error(`Usage: ${USAGE}`);
  return Number(value);
}
