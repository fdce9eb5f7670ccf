// GitHub's stand-in for the specs of libs and apps, which may import test/support but no peer.
export { startGithubPeer, type Delivery, type Fault, type GithubPeer, type JournalEntry, type NewRepository, type PeerRepository } from '../peers/github/github-peer';
