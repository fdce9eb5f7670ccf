import type { Submission, Verification } from '../journal';
import { showInvisible } from '../text/printable';
import { oneLine } from '../text/shorten';
import { verificationTable } from '../verify/table';
import type { ProtectedFile } from '../policy/protected-files';
import type { ChangedFile } from '../workspace';
import type { LeftOutFile } from './clean-diff';
import { DEFAULT_LINK_HOSTS, safeMarkdown } from './safe-markdown';

export interface PullRequestInput {
  readonly taskId: string;
  /** Where people see the task; null: nowhere. */
  readonly taskUrl: string | null;
  readonly submission: Submission;
  readonly files: readonly ChangedFile[];
  readonly leftOut: readonly LeftOutFile[];
  readonly verification: Verification;
  readonly model: string;
  /** Name of the recorded stand-in that took the model's place; null: a real model. */
  readonly modelStandIn: string | null;
  /** Changed files that deserve a second look. */
  readonly flagged?: readonly ProtectedFile[];
  /** Hosts that links may lead to. */
  readonly linkHosts?: readonly string[];
  /** owner/name on the forge: references into it stay. */
  readonly repository?: string;
}

const MAX_FILES = 50;
/** GitHub takes 65,536. */
const MAX_CHARACTERS = 60_000;
const MAX_TITLE_CHARACTERS = 120;

/** The hidden line by which our own pull requests and comments are found again. */
export function taskMarker(taskId: string): string {
  return `<!-- async-coder task=${taskId} -->`;
}

/** The pull request's title: what was done, in one line that notifies nobody. */
export function pullRequestTitle(title: string): string {
  return oneLine(showInvisible(title).replace(/@(?=[A-Za-z0-9])/g, ''), MAX_TITLE_CHARACTERS) || 'Change by Async Coder';
}

/** What reviewers read. Texts of the model are made harmless; the facts around them are the platform's. */
export function pullRequestBody(input: PullRequestInput): string {
  const prose = (text: string): string => safeMarkdown(text, [...DEFAULT_LINK_HOSTS, ...(input.linkHosts ?? [])], input.repository);
  const { submission } = input;
  const sections = [
    ...(input.modelStandIn === null ? [] : [`> **Note:** the model was a recorded stand-in (${input.modelStandIn}), not a live one.`]),
    section('Summary', prose(submission.summary)),
    section('Diagnosis', prose(submission.diagnosis ?? '')),
    attentionSection(input.flagged ?? []),
    section('Changed files', fileList(input.files)),
    section('Verification', `${verificationSentence(input.verification)}\n\n${verificationTable(input.verification)}`),
    section('Tested by the agent', prose(submission.testing)),
    section('Limits and risks', [prose(submission.risks), leftOutList(input.leftOut)].filter((text) => text.trim() !== '').join('\n\n')),
  ].filter((text) => text !== '');
  const text = sections.join('\n\n');
  const cut = text.length > MAX_CHARACTERS ? `${text.slice(0, MAX_CHARACTERS)}\n\n[shortened]` : text;
  return `${cut}\n\n---\n${footer(input)}\n${taskMarker(input.taskId)}\n`;
}

/** The files of a change that run code with more rights than the change itself; empty: there are none. */
export function attentionSection(files: readonly ProtectedFile[]): string {
  const more = files.length > MAX_FILES ? [`- and ${files.length - MAX_FILES} more`] : [];
  const lines = files.slice(0, MAX_FILES).map(({ path, why }) => `- ${code(path)}: ${why}`);
  return files.length === 0 ? '' : section('Look closely at', ['These files run code, or decide what runs:', '', ...lines, ...more].join('\n'));
}

function section(title: string, text: string): string {
  return text.trim() === '' ? '' : `## ${title}\n\n${text.trim()}`;
}

function fileList(files: readonly ChangedFile[]): string {
  const lines = files.slice(0, MAX_FILES).map((file) => `- ${code(file.path)} (${file.status}${file.oldPath ? ` from ${code(file.oldPath)}` : ''}${file.binary ? ', binary' : `, +${file.additions} −${file.deletions}`})`);
  return [...lines, ...(files.length > MAX_FILES ? [`- and ${files.length - MAX_FILES} more`] : [])].join('\n');
}

function leftOutList(files: readonly LeftOutFile[]): string {
  if (files.length === 0) return '';
  const more = files.length > MAX_FILES ? [`- and ${files.length - MAX_FILES} more`] : [];
  return ['Changed in the workspace, left out of this pull request:', '', ...files.slice(0, MAX_FILES).map(({ path, reason }) => `- ${code(path)}: ${reason}`), ...more].join('\n');
}

function verificationSentence({ status, note }: Verification): string {
  const sentence = { passed: 'The platform ran the checks: passed.', failed: 'The platform ran the checks: **failed**.', skipped: 'The platform ran no checks.' }[status];
  return note === null ? sentence : `${sentence} ${note}`;
}

function footer({ taskId, taskUrl, model }: PullRequestInput): string {
  const task = taskUrl === null ? `task ${taskId}` : `[task ${taskId}](${taskUrl})`;
  return `Made by Async Coder, ${task}, with ${code(model)}. Please review it as you would any change.`;
}

function code(text: string): string {
  return `\`${showInvisible(text).replace(/[`\r\n]/g, '')}\``;
}
