// Clerk's stand-in for the specs of libs and apps, which may import test/support but no peer.
export { startClerkPeer, type ClerkPeer, type SignedWebhook, type TokenWish } from '../peers/clerk/clerk-peer';
