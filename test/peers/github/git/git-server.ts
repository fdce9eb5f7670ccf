import type { IncomingMessage, ServerResponse } from 'node:http';
import { callerName, type Caller } from '../auth/caller';
import { identify, mayDo, mayRead } from '../auth/access';
import type { GithubState } from '../github-state';
import type { JournalEntry } from '../journal';
import { afterPush } from '../pushes';
import type { Repository } from '../repository';
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
  if (!repository) throw refusalOf(caller, 404);
  checkGit(caller, repository, isPush);
  const user = isPush ? state.bot.login : null;
  await serveGit(state.git, { projectRoot: state.repositoriesFolder, path: `/${repository.folder}/${service}`, query: url.search.slice(1), user }, request, response);
  if (isPush && service === 'git-receive-pack') await afterPush(state, repository);
  response.end();
}

function checkGit(caller: Caller, repository: Repository, isPush: boolean): void {
  if (!mayRead(caller, repository)) throw refusalOf(caller, 404);
  if (!isPush && !repository.private) return;
  if (!mayDo(caller, repository, ['contents', isPush ? 'write' : 'read'])) throw refusalOf(caller, 403);
}

/** An anonymous client is asked who it is, whatever it wanted: it may not learn what exists. */
function refusalOf(caller: Caller, status: 403 | 404): Refusal {
  if (caller.kind === 'anonymous') return unauthorized();
  return status === 404 ? new Refusal(404, 'Repository not found.') : new Refusal(403, 'Write access to repository not granted.');
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
