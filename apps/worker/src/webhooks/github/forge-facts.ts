// Objects of GitHub's payloads as our stores take them. Null: what is needed is not in there, or is not what it should be.
import type { ForgeComment, ForgeInstallation, ForgePullRequest, ForgeRepository, ForgeReview } from '@app/domain';
import type { GithubPayload } from '@app/github';

const STATES: Readonly<Record<string, ForgeReview['state']>> = { pending: 'pending', approved: 'approved', changes_requested: 'changes_requested', commented: 'commented', dismissed: 'dismissed' };
const ACCOUNTS: Readonly<Record<string, ForgeInstallation['accountType']>> = { User: 'User', Organization: 'Organization', Enterprise: 'Enterprise' };

export function repositoryIn(repository: GithubPayload): ForgeRepository | null {
  const [githubId, name, fullName, url, cloneUrl] = [repository.id('id'), repository.text('name'), repository.text('full_name'), repository.text('html_url'), repository.text('clone_url')];
  const updatedAt = repository.time('updated_at');
  const isPrivate = repository.flag('private');
  if (githubId === null || !name || !fullName || !url || !cloneUrl || updatedAt === null || isPrivate === null) return null;
  return {
    githubId, nodeId: repository.text('node_id'), name, fullName, url, cloneUrl, isPrivate, updatedAt,
    ...(repository.mentions('description') ? { description: repository.text('description') } : {}),
    ...(repository.mentions('language') ? { language: repository.text('language') } : {}),
    ...defined({ isArchived: repository.flag('archived'), isFork: repository.flag('fork'), sizeKb: repository.integer('size'), pushedAt: repository.time('pushed_at') }),
  };
}

export function pullRequestIn(repositoryId: string, pull: GithubPayload): ForgePullRequest | null {
  const [githubPrId, number, branches] = [pull.id('id'), pull.integer('number'), branchesIn(pull)];
  const [title, url, githubCreatedAt, githubUpdatedAt] = [pull.text('title'), pull.text('html_url'), pull.time('created_at'), pull.time('updated_at')];
  if (githubPrId === null || number === null || number < 1 || branches === null) return null;
  if (title === null || url === null || githubCreatedAt === null || githubUpdatedAt === null) return null;
  const mergedAt = pull.time('merged_at');
  return {
    repositoryId, githubPrId, nodeId: pull.text('node_id') ?? '', number, title, description: pull.text('body'), ...branches, status: statusIn(pull), url, authorLogin: pull.text('user', 'login'),
    githubCreatedAt, githubUpdatedAt, mergedAt, closedAt: pull.time('closed_at'), mergeCommitSha: mergedAt ? pull.text('merge_commit_sha') : null,
    // Reviews and comments bring a shorter description, which leaves these out.
    ...defined({ additions: pull.integer('additions'), deletions: pull.integer('deletions'), changedFiles: pull.integer('changed_files'), mergedByLogin: pull.text('merged_by', 'login') }),
  };
}

export function reviewIn(review: GithubPayload): ForgeReview | null {
  const [githubReviewId, state] = [review.id('id'), STATES[review.text('state')?.toLowerCase() ?? '']];
  if (githubReviewId === null || state === undefined) return null;
  return {
    githubReviewId, nodeId: review.text('node_id'), reviewerLogin: review.text('user', 'login'), state, body: review.text('body'), commitSha: review.text('commit_id'), url: review.text('html_url'),
    submittedAt: review.time('submitted_at'), updatedAt: review.time('updated_at'),
  };
}

export function reviewCommentIn(comment: GithubPayload): ForgeComment | null {
  const base = commentIn('review', comment);
  return base && {
    ...base, githubReviewId: comment.id('pull_request_review_id'), inReplyToGithubId: comment.id('in_reply_to_id'), filePath: comment.text('path'), subjectType: comment.text('subject_type') === 'file' ? 'file' : 'line',
    line: lineIn(comment, 'line'), side: sideIn(comment, 'side'), startLine: lineIn(comment, 'start_line'), startSide: sideIn(comment, 'start_side'), originalLine: lineIn(comment, 'original_line'),
    commitSha: comment.text('commit_id'), diffHunk: comment.text('diff_hunk'),
  };
}

export function issueCommentIn(comment: GithubPayload): ForgeComment | null {
  return commentIn('issue', comment);
}

export function installationIn(installation: GithubPayload, isDeleted: boolean): ForgeInstallation | null {
  const [installationId, appId] = [installation.id('id'), installation.id('app_id')];
  const accountId = installation.id('account', 'id') ?? installation.id('target_id');
  const accountLogin = installation.text('account', 'login') ?? installation.text('account', 'slug');
  if (installationId === null || appId === null || accountId === null || accountLogin === null) return null;
  return {
    installationId, appId, accountId, accountLogin, accountType: ACCOUNTS[installation.text('account', 'type') ?? installation.text('target_type') ?? ''] ?? 'User',
    repositorySelection: installation.text('repository_selection') === 'all' ? 'all' : 'selected', permissions: permissionsIn(installation), events: installation.texts('events'),
    suspendedAt: installation.time('suspended_at'), updatedAt: installation.time('updated_at'), isDeleted,
  };
}

function commentIn(kind: ForgeComment['kind'], comment: GithubPayload): ForgeComment | null {
  const [githubCommentId, body] = [comment.id('id'), comment.text('body')];
  const createdAt = comment.time('created_at');
  if (githubCommentId === null || createdAt === null) return null;
  return {
    kind, githubCommentId, body: body ?? '', authorLogin: comment.text('user', 'login'), url: comment.text('html_url'), createdAt, updatedAt: comment.time('updated_at') ?? createdAt, githubReviewId: null,
    inReplyToGithubId: null, filePath: null, subjectType: null, line: null, side: null, startLine: null, startSide: null, originalLine: null, commitSha: null, diffHunk: null,
  };
}

function branchesIn(pull: GithubPayload): Pick<ForgePullRequest, 'sourceBranch' | 'headSha' | 'targetBranch' | 'baseSha'> | null {
  const [sourceBranch, headSha, targetBranch, baseSha] = [pull.text('head', 'ref'), pull.text('head', 'sha'), pull.text('base', 'ref'), pull.text('base', 'sha')];
  return sourceBranch && headSha && targetBranch && baseSha ? { sourceBranch, headSha, targetBranch, baseSha } : null;
}

function statusIn(pull: GithubPayload): ForgePullRequest['status'] {
  if (pull.has('merged_at')) return 'merged';
  if (pull.text('state') === 'closed') return 'closed';
  return pull.flag('draft') ? 'draft' : 'open';
}

function lineIn(comment: GithubPayload, field: string): number | null {
  const line = comment.integer(field);
  return line !== null && line > 0 ? line : null;
}

function sideIn(comment: GithubPayload, field: string): ForgeComment['side'] {
  const side = comment.text(field)?.toUpperCase();
  return side === 'LEFT' || side === 'RIGHT' ? side : null;
}

function permissionsIn(installation: GithubPayload): Record<string, string> {
  const permissions = installation.raw('permissions');
  return typeof permissions === 'object' && permissions !== null ? Object.fromEntries(Object.entries(permissions).filter((entry): entry is [string, string] => typeof entry[1] === 'string')) : {};
}

/** Without what was not said. */
function defined<Facts extends object>(facts: Facts): { [Key in keyof Facts]?: NonNullable<Facts[Key]> } {
  return Object.fromEntries(Object.entries(facts).filter(([, value]) => value !== null)) as { [Key in keyof Facts]?: NonNullable<Facts[Key]> };
}
