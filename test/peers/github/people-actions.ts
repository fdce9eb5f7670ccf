// What people do on GitHub's pages, below /__peer/: each is told to the webhook as GitHub tells it.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Permissions } from './auth/tokens';
import { APP_PERMISSIONS, type GithubState } from './github-state';
import type { Issue } from './issues';
import { findPull } from './pulls';
import { sendAboutRepository, sendIssueComment, sendPull, sendRemark } from './pull-events';
import { fullName, type PullRequest, type Repository } from './repository';
import { commentShape } from './rest/comment.routes';
import { addReview } from './reviews/write';
import { accountShape } from './shapes/account';
import { issueShape, labelShape } from './shapes/issue';
import { reviewShape } from './shapes/review';

interface Call {
  readonly state: GithubState;
  readonly body: unknown;
}

/** Somebody at an issue or a pull request. */
export interface Deed {
  readonly repository: string;
  readonly number: number;
  readonly login: string;
}

/** What they are at. */
interface Subject {
  readonly repository: Repository;
  readonly pull: PullRequest | undefined;
  readonly issue: Issue | undefined;
}

export const PEOPLE_ACTIONS: Readonly<Record<string, (call: Call) => unknown>> = {
  'POST /__peer/labels': ({ state, body }) => putLabel(state, body as Deed & { label: string }),
  'POST /__peer/comments': ({ state, body }) => comment(state, body as Deed & { body: string }),
  'POST /__peer/reviews': ({ state, body }) => review(state, body as Deed & { state: 'COMMENTED' | 'APPROVED' | 'CHANGES_REQUESTED'; body?: string }),
  'POST /__peer/review-requests': ({ state, body }) => askForReview(state, body as Deed & { reviewer?: string }),
  'POST /__peer/comments/delete': ({ state, body }) => deleteComment(state, body as { repository: string; id: string | number }),
  'POST /__peer/permissions': ({ state, body }) => void (state.permissions = (body as { permissions?: Permissions }).permissions ?? APP_PERMISSIONS),
  'POST /__peer/protect': ({ state, body }) => protect(state, body as { repository: string; branch: string; isProtected?: boolean }),
};

async function putLabel(state: GithubState, { login, label: name, ...at }: Deed & { label: string }): Promise<void> {
  const { repository, pull, issue } = subjectOf(state, at);
  const [sender, label] = [state.account(login), labelShape(state, repository, name)];
  if (pull) return sendPull(state, repository, pull, { action: 'labeled', label, sender });
  if (!issue) throw new Error(`no issue ${at.number}`);
  issue.labels = [...new Set([...issue.labels, name])];
  await sendAboutRepository(state, repository, { event: 'issues', action: 'labeled', said: { issue: issueShape(state, repository, issue), label }, sender });
}

async function comment(state: GithubState, { login, body, ...at }: Deed & { body: string }): Promise<{ id: string }> {
  const { repository, pull, issue } = subjectOf(state, at);
  const [sender, when] = [state.account(login), state.isoNow()];
  const written = { id: repository.nextId++, number: at.number, user: sender, at: when, updatedAt: when, body };
  repository.comments.push(written);
  const shape = commentShape(state, repository, written);
  if (pull) await sendIssueComment(state, repository, pull, { action: 'created', comment: shape, sender });
  else if (issue) await sendAboutRepository(state, repository, { event: 'issue_comment', action: 'created', said: { issue: issueShape(state, repository, issue), comment: shape }, sender });
  return { id: String(written.id) };
}

function deleteComment(state: GithubState, { repository: name, id }: { repository: string; id: string | number }): void {
  const { comments } = named(state, name);
  const at = comments.findIndex((one) => String(one.id) === String(id));
  if (at < 0) throw new Error(`no comment ${id}`);
  comments.splice(at, 1);
}

async function review(state: GithubState, { login, state: verdict, body = '', ...at }: Deed & { state: 'COMMENTED' | 'APPROVED' | 'CHANGES_REQUESTED'; body?: string }): Promise<{ id: string }> {
  const { repository, pull } = subjectOf(state, at);
  if (!pull) throw new Error(`no pull request ${at.number}`);
  const sender = state.account(login);
  const written = addReview(state, repository, { number: pull.number, user: sender, state: verdict, commitId: pull.headSha, body });
  await sendRemark(state, repository, pull, { event: 'pull_request_review', action: 'submitted', said: { review: { ...reviewShape(state, repository, written), state: verdict.toLowerCase() } }, sender });
  return { id: String(written.id) };
}

/** Without a name it is the App that is asked. */
async function askForReview(state: GithubState, { login, reviewer, ...at }: Deed & { reviewer?: string }): Promise<void> {
  const { repository, pull } = subjectOf(state, at);
  if (!pull) throw new Error(`no pull request ${at.number}`);
  const asked = reviewer === undefined ? state.bot : state.account(reviewer);
  await sendPull(state, repository, pull, { action: 'review_requested', requested_reviewer: accountShape(asked, state.url), sender: state.account(login) });
}

function protect(state: GithubState, { repository: name, branch, isProtected = true }: { repository: string; branch: string; isProtected?: boolean }): void {
  const { protectedBranches, git } = named(state, name);
  if (isProtected) protectedBranches.add(branch);
  else protectedBranches.delete(branch);
  const hooks = join(git.folder, 'hooks');
  mkdirSync(hooks, { recursive: true });
  const refs = [...protectedBranches].map((one) => `refs/heads/${one}`).join(' ');
  writeFileSync(join(hooks, 'pre-receive'), `#!/bin/sh\nwhile read -r old new ref; do case " ${refs} " in *" $ref "*) echo "error: GH006: Protected branch update failed for $ref." >&2; exit 1;; esac; done\n`, { mode: 0o755 });
}

function subjectOf(state: GithubState, { repository: name, number }: Pick<Deed, 'repository' | 'number'>): Subject {
  const repository = named(state, name);
  const [pull, issue] = [findPull(repository, String(number)), state.issues.find(repository, String(number))];
  if (!pull && !issue) throw new Error(`no issue or pull request ${number} in ${name}`);
  return { repository, pull, issue };
}

function named(state: GithubState, name: string): Repository {
  const found = state.repositories.find((one) => fullName(one).toLowerCase() === name.toLowerCase());
  if (!found) throw new Error(`no repository ${name}`);
  return found;
}
