import { isProration, priceOfLine, type StripeInvoice, type StripeInvoiceLine, timeOf } from '../payments/stripe-objects';
import type { PlanRow } from './plan-catalog.store';

/** What a paid invoice of a subscription brings, in credits. `returned`: a change that gave money back takes credits back. */
export interface InvoiceCredits {
  readonly kind: 'period' | 'trial' | 'upgrade' | 'returned';
  readonly amountMicro: bigint;
  readonly periodStart: Date;
  readonly expiresAt: Date | null;
}

type PlanOf = (priceId: string) => PlanRow | null;

/** A line whose price sells a plan. */
interface PlanLine {
  readonly line: StripeInvoiceLine;
  readonly plan: PlanRow;
}

/**
 * The beginning of a subscription and each new period bring what the plan includes; a change in the middle of one brings, per plan, the share
 * that its money is of the plan's price: so much for the rest of the new plan, less what is left of the old one. Null: nothing.
 */
export function creditsOfInvoice(invoice: StripeInvoice, planOf: PlanOf): InvoiceCredits | null {
  const lines = invoice.lines.data.flatMap((line): PlanLine[] => {
    const plan = planOf(priceOfLine(line) ?? '');
    return plan ? [{ line, plan }] : [];
  });
  if (invoice.billing_reason === 'subscription_create' || invoice.billing_reason === 'subscription_cycle') return ofPeriod(lines);
  return invoice.billing_reason === 'subscription_update' ? ofChange(lines) : null;
}

function ofPeriod(lines: readonly PlanLine[]): InvoiceCredits | null {
  const main = lines.find(({ line }) => !isProration(line));
  if (!main) return null;
  const { line, plan } = main;
  // A trial's line costs nothing; with a discount the line keeps its amount.
  const isTrial = line.amount === 0 && plan.priceMinor > 0n;
  const changed = sharesOf(lines.filter(({ line: other }) => isProration(other)));
  return { kind: isTrial ? 'trial' : 'period', amountMicro: plan.creditsIncludedMicro + (changed > 0n ? changed : 0n), ...termOf(main) };
}

function ofChange(lines: readonly PlanLine[]): InvoiceCredits | null {
  const [latest] = [...lines].sort((a, b) => b.line.amount - a.line.amount);
  const amount = sharesOf(lines);
  if (!latest || amount === 0n) return null;
  return { kind: amount > 0n ? 'upgrade' : 'returned', amountMicro: amount > 0n ? amount : -amount, ...termOf(latest) };
}

/** Credits in proportion to money; rounded down, what is given back too. */
function sharesOf(lines: readonly PlanLine[]): bigint {
  return lines.reduce((sum, { line, plan }) => (plan.priceMinor === 0n ? sum : sum + (plan.creditsIncludedMicro * BigInt(line.amount)) / plan.priceMinor), 0n);
}

function termOf({ line, plan }: PlanLine): Pick<InvoiceCredits, 'periodStart' | 'expiresAt'> {
  return { periodStart: new Date(line.period.start * 1_000), expiresAt: plan.creditsRollOver ? null : timeOf(line.period.end) };
}
