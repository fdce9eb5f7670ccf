import type { IncomingMessage, ServerResponse } from 'node:http';
import { callerName, type Caller } from '../auth/caller';
import { identify, mayDo, mayRead } from '../auth/access';
import type { GithubState } from '../github-state';
import type { JournalEntry } from '../journal';
import { afterPush } from '../pushes';
import { Refusal } from '../http/refusal';
import { serveGit } from './http-backend';

export interface GitCall {
  readonly owner: string;
  readonly name: string;
  readonly service: string;
  readonly isPush: boolean;
}

/** Reads `/{owner}/{name}.git/…`; null for any other path. Only the smart protocol is spoken, as on GitHub. */
export function gitCall(url: URL): GitCall | null {
  const [, owner, name, service] = /^\/([^/]+)\/([^/]+?)(?:\.git)?\/(info\/refs|git-upload-pack|git-receive-pack)$/.exec(url.pathname) ?? [];
  if (owner === undefined || name === undefined || service === undefined) return null;
  const program = service === 'info/refs' ? url.searchParams.get('service') : service;
  if (program !== 'git-upload-pack' && program !== 'git-receive-pack') return null;
  return { owner, name, service, isPush: program === 'git-receive-pack' };
}

export async function answerGit(state: GithubState, { owner, name, service, isPush }: GitCall, { url, request, response, entry }: { url: URL; request: IncomingMessage; response: ServerResponse; entry: JournalEntry }): Promise<void> {
  const caller = callerOf(state, request);
  entry.caller = callerName(caller);
  const repository = state.repository(owner, name);
  if (!repository || !mayRead(caller, repository)) throw caller.kind === 'anonymous' ? unauthorized() : new Refusal(404, 'Repository not found.');
  if (isPush && caller.kind === 'anonymous') throw unauthorized();
  if (isPush && !mayDo(caller, repository, ['contents', 'write'])) throw new Refusal(403, 'Write access to repository not granted.');
  if (!isPush && caller.kind === 'installation' && repository.private && !mayDo(caller, repository, ['contents', 'read'])) throw new Refusal(403, 'Write access to repository not granted.');
  const user = isPush ? state.bot.login : null;
  await serveGit(state.git, { projectRoot: state.repositoriesFolder, path: `/${repository.folder}/${service}`, query: url.search.slice(1), user }, request, response);
  if (isPush && service === 'git-receive-pack') await afterPush(state, repository);
  response.end();
}

function callerOf(state: GithubState, request: IncomingMessage): Caller {
  try {
    return identify(state, request.headers.authorization);
  } catch (error) {
    throw error instanceof Refusal ? unauthorized('Invalid username or token. Password authentication is not supported for Git operations.') : error;
  }
}

function unauthorized(message = 'Repository not found.'): Refusal {
  return new Refusal(401, message, null, { 'www-authenticate': 'Basic realm="GitHub"' });
}
