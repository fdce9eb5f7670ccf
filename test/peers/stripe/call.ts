import type { StripeState } from './stripe-state';

/** One call of the API: the id in its path, and its parameters, checked. */
export interface Call {
  readonly state: StripeState;
  readonly id: string;
  readonly params: Record<string, unknown>;
}
