import type { GithubState } from '../github-state';
import { peerPeople } from './peer-people';
import { ROLES, type Role } from './people';

interface Call {
  readonly state: GithubState;
  readonly body: unknown;
}

type Named = Readonly<Record<string, string | undefined>>;

/** People and installations, for those who reach the peer over HTTP only. */
export const PEOPLE_CONTROL: Readonly<Record<string, (call: Call) => unknown>> = {
  'POST /__peer/roles': ({ state, body }) => setRole(state, body as Named),
  'POST /__peer/installations/suspend': ({ state, body }) => peerPeople(state).suspend(...installationOf(state, body)),
  'POST /__peer/installations/select': ({ state, body }) => peerPeople(state).select((body as Named).repository ?? '', (body as { isSelected?: boolean }).isSelected !== false),
  'POST /__peer/rename': ({ state, body }) => peerPeople(state).rename((body as Named).repository ?? '', (body as Named).to ?? ''),
  'GET /__peer/user-tokens': ({ state }) => ({ data: state.accounts.userTokens.issued }),
};

function setRole(state: GithubState, { repository, login, role }: Named): void {
  if (repository === undefined || login === undefined || !ROLES.includes(role as Role)) throw new Error(`a role is { repository: "owner/name", login, role: ${ROLES.join(' | ')} }`);
  peerPeople(state).setRole(repository, login, role as Role);
}

function installationOf(state: GithubState, body: unknown): [number, boolean] {
  const { installationId, isSuspended } = (body ?? {}) as { installationId?: number; isSuspended?: boolean };
  return [installationId ?? state.installationId, isSuspended !== false];
}
