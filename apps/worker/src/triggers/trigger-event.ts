import type { GithubPayload, ReactionTarget } from '@app/github';
import type { GithubEvent } from '../webhooks/github/github-event-handler';

/** A person's account at GitHub, as an event names it. */
export interface GithubActor {
  readonly login: string;
  readonly id: string;
}

/** What an issue or pull request says of itself. */
export interface Subject {
  readonly number: number;
  readonly isPull: boolean;
  readonly title: string;
  readonly body: string;
  readonly url: string;
  readonly author: string;
  readonly labels: readonly string[];
}

/** Something that a person wrote, and what it was written about. */
export interface WrittenComment {
  /** Names this comment in dedupe keys. */
  readonly name: string;
  readonly text: string;
  readonly subject: Subject;
  readonly reactOn: ReactionTarget;
  /** Below lines of a diff: where. */
  readonly place: { readonly path: string; readonly line: number | null; readonly diffHunk: string } | null;
  readonly asksForChanges: boolean;
  /** It is the text that its subject was opened with. */
  readonly isOpening: boolean;
}

/** Who did it, if a person did: Apps and bots start nothing, whatever they are called. */
export function actorOf({ payload }: GithubEvent): GithubActor | null {
  const [login, id, type] = [payload.text('sender', 'login'), payload.id('sender', 'id'), payload.text('sender', 'type')];
  return login !== null && id !== null && type === 'User' ? { login, id } : null;
}

/** An issue, or the issue side of a pull request. */
export function subjectOf(payload: GithubPayload, isPull = payload.has('pull_request')): Subject | null {
  const number = payload.integer('number');
  if (number === null || number < 1) return null;
  return {
    number, isPull, title: payload.text('title') ?? '', body: payload.text('body') ?? '', url: payload.text('html_url') ?? '', author: payload.text('user', 'login') ?? 'ghost',
    labels: payload.list('labels').flatMap((label) => label.text('name') ?? []),
  };
}

/** The comment, review or first text that an event brings, if it is new and its sender's own; null: anything else, such as an edit. */
export function commentOf({ name, action, payload }: GithubEvent): WrittenComment | null {
  if (action === 'opened' && (name === 'issues' || name === 'pull_request')) return opening(payload, name === 'pull_request');
  if (name === 'issue_comment' && action === 'created') return issueComment(payload);
  if (name === 'pull_request_review_comment' && action === 'created') return reviewComment(payload);
  return name === 'pull_request_review' && action === 'submitted' ? review(payload) : null;
}

function opening(payload: GithubPayload, isPull: boolean): WrittenComment | null {
  const written = payload.at(isPull ? 'pull_request' : 'issue');
  const [subject, id] = [subjectOf(written, isPull), written.id('id')];
  if (!subject || id === null || !isBySender(payload, written)) return null;
  return { name: `${isPull ? 'pull' : 'issue'}-${id}`, text: subject.body, subject, reactOn: { on: 'issue', id: String(subject.number) }, place: null, asksForChanges: false, isOpening: true };
}

function issueComment(payload: GithubPayload): WrittenComment | null {
  const [subject, comment] = [subjectOf(payload.at('issue')), payload.at('comment')];
  const id = comment.id('id');
  if (!subject || id === null || !isBySender(payload, comment)) return null;
  return { name: id, text: comment.text('body') ?? '', subject, reactOn: { on: 'comment', id }, place: null, asksForChanges: false, isOpening: false };
}

function reviewComment(payload: GithubPayload): WrittenComment | null {
  const [subject, comment] = [subjectOf(payload.at('pull_request'), true), payload.at('comment')];
  const id = comment.id('id');
  if (!subject || id === null || !isBySender(payload, comment)) return null;
  const place = { path: comment.text('path') ?? '', line: comment.integer('line') ?? comment.integer('original_line'), diffHunk: comment.text('diff_hunk') ?? '' };
  return { name: `review-comment-${id}`, text: comment.text('body') ?? '', subject, reactOn: { on: 'review_comment', id }, place, asksForChanges: false, isOpening: false };
}

/** A review without words says nothing by itself: its comments come as events of their own. */
function review(payload: GithubPayload): WrittenComment | null {
  const [subject, written] = [subjectOf(payload.at('pull_request'), true), payload.at('review')];
  const id = written.id('id');
  const asksForChanges = written.text('state') === 'changes_requested';
  const text = written.text('body') ?? '';
  if (!subject || id === null || !isBySender(payload, written) || (text.trim() === '' && !asksForChanges)) return null;
  return { name: `review-${id}`, text, subject, reactOn: { on: 'issue', id: String(subject.number) }, place: null, asksForChanges, isOpening: false };
}

/** What an App wrote in somebody's name is the App's. */
function isBySender(payload: GithubPayload, written: GithubPayload): boolean {
  const author = written.id('user', 'id');
  return author !== null && author === payload.id('sender', 'id') && written.text('user', 'type') === 'User' && !written.has('performed_via_github_app');
}
