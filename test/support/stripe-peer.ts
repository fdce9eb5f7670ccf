// Stripe's stand-in for the specs of libs and apps, which may import test/support but no peer.
export { startStripePeer, type StripePeer } from '../peers/stripe/stripe-peer';
