// The model vendors' stand-in for the specs of libs, which may import test/support but no peer.
export { startLlmPeer, type Conversation, type Fault, type LlmPeer, type PeerTurn } from '../peers/llm/llm-peer';
