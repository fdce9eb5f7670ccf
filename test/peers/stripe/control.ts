// What tests ask of the peer itself, below /__peer/.
import { arrive, press, pressAndWait } from './checkout-page';
import { advance } from './clock';
import type { Deliveries, WebhookTarget } from './delivery';
import { changeDispute, changeRefund, disputeCharge, refundCharge } from './reversing';
import type { StripeState } from './stripe-state';

export interface Controlled {
  readonly state: StripeState;
  readonly deliveries: Deliveries;
}

type Body = Record<string, unknown>;
type Action = (peer: Controlled, body: Body) => unknown;

const text = (value: unknown): string => (typeof value === 'string' ? value : '');

const ACTIONS: Readonly<Record<string, Action>> = {
  'GET /__peer/health': () => ({ peer: 'stripe' }),
  'GET /__peer/requests': ({ state }) => ({ data: state.journal }),
  'GET /__peer/violations': ({ state }) => ({ data: state.violations }),
  'GET /__peer/events': ({ state }) => ({ data: [...state.events.values()] }),
  'GET /__peer/state': ({ state }) => ({
    customers: [...state.customers.values()], sessions: [...state.sessions.values()], subscriptions: [...state.subscriptions.values()], invoices: [...state.invoices.values()], charges: [...state.charges.values()],
    refunds: [...state.refunds.values()], disputes: [...state.disputes.values()],
  }),
  'POST /__peer/webhooks': ({ deliveries }, body) => deliveries.aim(body as unknown as WebhookTarget),
  'POST /__peer/webhooks/stop': ({ deliveries }) => deliveries.aim(null),
  'POST /__peer/webhooks/flush': ({ deliveries }) => deliveries.flush(),
  'POST /__peer/clock': ({ state }, { seconds }) => { advance(state, Number(seconds)); return { now: state.now() }; },
  'POST /__peer/cards': ({ state }, { customer, declines }) => void (declines === true ? state.declining.add(text(customer)) : state.declining.delete(text(customer))),
  'POST /__peer/checkout': ({ state }, { session, card }) => ({ url: press(state, text(session), card === 'declined' ? 'declined' : 'good') }),
  'POST /__peer/checkout/wait': ({ state }, { session }) => pressAndWait(state, text(session)),
  'POST /__peer/checkout/arrive': ({ state }, { session, outcome }) => arrive(state, text(session), outcome === 'failed' ? 'failed' : 'paid'),
  'POST /__peer/refunds': ({ state }, body) => refundCharge(state, body as unknown as Parameters<typeof refundCharge>[1]),
  'POST /__peer/refunds/change': ({ state }, { id, status }) => changeRefund(state, text(id), status as 'failed'),
  'POST /__peer/disputes': ({ state }, body) => disputeCharge(state, body as unknown as Parameters<typeof disputeCharge>[1]),
  'POST /__peer/disputes/change': ({ state }, { id, status }) => changeDispute(state, text(id), text(status)),
  'POST /__peer/faults': ({ state }, body) => state.addFault(body),
  'POST /__peer/faults/clear': ({ state }) => state.clearFaults(),
};

export function control(peer: Controlled, route: string, body: Body): { status: number; body: unknown } {
  const action = ACTIONS[route];
  if (!action) return { status: 404, body: { error: `no such route: ${route}`, routes: Object.keys(ACTIONS) } };
  try {
    return { status: 200, body: action(peer, body) ?? {} };
  } catch (error) {
    return { status: 400, body: { error: (error as Error).message } };
  }
}
