// What tests ask of the peer about issues, reactions and logs, below /__peer/.
import type { GithubState } from './github-state';
import type { Issue, NewIssue } from './issues';
import { sendAboutRepository } from './pull-events';
import type { Repository } from './repository';
import { issueShape } from './shapes/issue';

/** An issue that a person opens. @throws {Error} for a repository that does not exist */
export function openIssueAs(state: GithubState, { repository: name, title, body = null, author = 'ada', labels = [] }: NewIssue): { number: number; id: string } {
  const repository = named(state, name);
  const issue: Issue = { id: repository.nextId++, number: repository.nextNumber++, user: state.account(author), title, body, labels, at: state.isoNow(), state: 'open' };
  state.issues.of(repository).issues.push(issue);
  void sendAboutRepository(state, repository, { event: 'issues', action: 'opened', said: { issue: issueShape(state, repository, issue) }, sender: issue.user });
  return { number: issue.number, id: String(issue.id) };
}

function named(state: GithubState, name: string): Repository {
  const [owner = '', repo = ''] = name.split('/');
  const found = state.repository(owner, repo);
  if (!found) throw new Error(`no such repository: ${name}`);
  return found;
}

interface Call {
  readonly state: GithubState;
  readonly query: URLSearchParams;
  readonly body: unknown;
}

export const ISSUE_CONTROL: Readonly<Record<string, (call: Call) => unknown>> = {
  'POST /__peer/issues': ({ state, body }) => openIssueAs(state, body as NewIssue),
  'GET /__peer/reactions': ({ state, query }) => {
    const repository = named(state, query.get('repository') ?? '');
    return { data: state.issues.of(repository).reactions.map(({ place, user, content }) => ({ place, login: user.login, content })) };
  },
  'GET /__peer/comments': ({ state, query }) => {
    const repository = named(state, query.get('repository') ?? '');
    return { data: repository.comments.map(({ number, user, body }) => ({ number, login: user.login, body })) };
  },
  'POST /__peer/logs': ({ state, body }) => {
    const { repository, id, text } = body as { repository: string; id: string; text: string };
    state.issues.of(named(state, repository)).logs.set(id, text);
  },
};

