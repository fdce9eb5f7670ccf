// What tests ask of the peer itself, below /__peer/.
import type { Fault } from './faults';
import type { PeerState } from './peer-state';
import type { Script } from './scripts';

export interface ControlAnswer {
  readonly status: number;
  readonly body: unknown;
}

type Route = (state: PeerState, body: unknown) => unknown;

const ROUTES: Readonly<Record<string, Route>> = {
  'GET /__peer/requests': (state) => ({ data: state.journal.list() }),
  'GET /__peer/health': () => ({ peer: 'llm' }),
  'POST /__peer/reset': (state) => state.reset(),
  'POST /__peer/script': (state, body) => addScript(state, body as Script),
  'POST /__peer/faults': (state, body) => addFaults(state, body as Fault | Fault[]),
  'POST /__peer/settings': (state, body) => changeSettings(state, body as { contextWindow?: number }),
};

export function control(state: PeerState, route: string, body: unknown): ControlAnswer {
  const handler = ROUTES[route];
  if (!handler) return { status: 404, body: { error: `no such route: ${route}`, routes: Object.keys(ROUTES) } };
  try {
    return { status: 200, body: handler(state, body) ?? {} };
  } catch (error) {
    return { status: 400, body: { error: (error as Error).message } };
  }
}

function addScript(state: PeerState, script: Script): void {
  if (!Array.isArray(script?.turns)) throw new Error('a script is { match?, by?, turns: [{ text?, thinking?, calls?, stop? }] }');
  state.scripts.add(script);
}

function addFaults(state: PeerState, faults: Fault | Fault[]): { waiting: number } {
  for (const fault of Array.isArray(faults) ? faults : [faults]) {
    if (typeof fault !== 'object' || fault === null) throw new Error('a fault is an object');
    state.faults.add(fault);
  }
  return { waiting: state.faults.waiting };
}

function changeSettings(state: PeerState, { contextWindow }: { contextWindow?: number }): void {
  if (contextWindow === undefined || !(contextWindow > 0)) throw new Error('settings are { contextWindow: number }');
  state.contextWindow = contextWindow;
}
