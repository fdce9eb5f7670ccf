import {
  cleanDiff, commitMessage, decideOn, mayHoldScripts, mayWriteCiFiles, protectedFiles, pullRequestBody, pullRequestTitle, safePlainText, scanForSecrets, taskMarker, verificationTable,
  type ChangedFile, type FileSides, type LeftOutFile, type PolicyDecision, type ProtectedFile, type PublishPolicy, type SecretFinding, type WorkspaceDiff,
} from '@app/agent';
import { repositorySettings } from '@app/domain';
import type { PublishCommit } from '../workspace/workspace-request';
import type { PublishOptions, PublishRequest } from './publish-request';

/** A change as it will be shown: what is committed and what is said about it. */
export interface ComposedChange {
  readonly commit: PublishCommit;
  readonly diff: WorkspaceDiff;
  readonly leftOut: readonly LeftOutFile[];
  /** Files that run code, or decide what runs. */
  readonly flagged: readonly ProtectedFile[];
  /** `held`: a person has to approve exactly this commit first. */
  readonly decision: PolicyDecision;
  /** Whether a person approved exactly this commit. */
  readonly isApproved: boolean;
  readonly title: string;
  readonly body: string;
  /** Credentials in it; with any, nothing of it may leave. */
  readonly secrets: readonly SecretFinding[];
}

/** No mailbox: a commit's author must not be taken for an account of a forge. */
const AUTHOR = { name: 'Async Coder', email: 'noreply@async-coder.invalid' } as const;
/** Folders that are listed to learn how large changed binary files are. */
const MAX_LISTINGS = 50;
/** Manifests that are read; more of them are flagged unread. */
const MAX_MANIFESTS = 50;

/** Makes commit, diff and texts of what was handed in. The same work gives the same commit, whoever repeats it. */
export async function composeChange(request: PublishRequest): Promise<ComposedChange> {
  const { workspace, submission, task, repo } = request;
  const options = task.options as PublishOptions;
  const settings = repositorySettings(repo.settings);
  const policy: PublishPolicy = { protectedPaths: settings.protectedPaths, allowCiFiles: (options.allowCiFiles ?? false) || settings.allowCiFiles };
  const whole = await workspace.diff();
  const sizes = await binarySizes(workspace, whole.files);
  const { leftOut } = cleanDiff({ files: whole.files, discard: submission.discard, allowCiFiles: mayWriteCiFiles(policy), sizeOf: (path) => sizes.get(path) });
  const message = commitMessage({ taskId: task.id, title: submission.title, summary: submission.summary, skipCi: options.skipCi ?? settings.skipCi });
  const commit = await workspace.commitForPublish({ message, author: AUTHOR, date: task.createdAt, dropPaths: pathsOf(leftOut, whole.files) });
  const diff = await workspace.diffOf(commit);
  const flagged = await flaggedIn(workspace, commit, diff.files);
  const isApproved = options.approvedHeadSha === commit.sha;
  const title = pullRequestTitle(options.pullRequestTitle ?? safePlainText(submission.title));
  const body = bodyOf(request, { files: diff.files, leftOut, flagged });
  const secrets = scanForSecrets({ patch: diff.patch, title: `${title}\n${message}`, body, values: request.secrets });
  return { commit, diff, leftOut, flagged, decision: decideOn(flagged, policy, isApproved), isApproved, title, body, secrets };
}

/** Whether nothing in it could run code that nobody has looked at. Lock files and owners are read with any change. */
export function isCommonChange({ flagged, isApproved }: Pick<ComposedChange, 'flagged' | 'isApproved'>): boolean {
  return isApproved || flagged.every(({ kind }) => kind === 'lock_file' || kind === 'ownership');
}

/** A renamed file that is left out goes back to its old place. */
function pathsOf(leftOut: readonly LeftOutFile[], files: readonly ChangedFile[]): string[] {
  const out = new Set(leftOut.map(({ path }) => path));
  return files.filter(({ path }) => out.has(path)).flatMap(({ path, oldPath }) => (oldPath === null ? [path] : [path, oldPath]));
}

interface ShownChange {
  readonly files: readonly ChangedFile[];
  readonly leftOut: readonly LeftOutFile[];
  readonly flagged: readonly ProtectedFile[];
}

function bodyOf({ task, repo, submission, verification, model, standIn }: PublishRequest, shown: ShownChange): string {
  const { pullRequestBody: own } = task.options as PublishOptions;
  // The marker is how our own pull requests are told: only ours may stand there.
  if (own !== undefined) return `${own.replace(/<!--\s*async-coder/gi, '<!-- ').trim()}\n\n## Verification\n\n${verificationTable(verification)}\n\n${taskMarker(task.id)}\n`;
  const linkHosts = URL.canParse(repo.url) ? [new URL(repo.url).hostname] : [];
  return pullRequestBody({ taskId: task.id, taskUrl: null, submission, ...shown, verification, model, modelStandIn: standIn, linkHosts, repository: repo.fullName });
}

async function flaggedIn(workspace: PublishRequest['workspace'], commit: PublishCommit, files: readonly ChangedFile[]): Promise<ProtectedFile[]> {
  const sides = new Map<string, FileSides>();
  for (const file of files.filter(mayHoldScripts).slice(0, MAX_MANIFESTS)) {
    sides.set(file.path, { before: await workspace.textAt('base', file.oldPath ?? file.path), after: await workspace.textAt(commit, file.path) });
  }
  return protectedFiles(files, (path) => sides.get(path));
}

async function binarySizes(workspace: PublishRequest['workspace'], files: readonly ChangedFile[]): Promise<Map<string, number>> {
  const folders = new Set(files.filter((file) => file.binary && file.status !== 'deleted').map(({ path }) => path.split('/').slice(0, -1).join('/')));
  const sizes = new Map<string, number>();
  for (const folder of [...folders].slice(0, MAX_LISTINGS)) {
    // A folder that cannot be listed leaves its sizes unknown; the push has a limit of its own.
    const entries = await workspace.list(folder === '' ? '.' : folder).catch(() => []);
    for (const entry of entries) sizes.set(entry.path, entry.sizeBytes);
  }
  return sizes;
}
