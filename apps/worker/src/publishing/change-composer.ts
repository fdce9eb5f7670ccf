import {
  cleanDiff, commitMessage, pullRequestBody, pullRequestTitle, scanForSecrets, taskMarker, verificationTable, type ChangedFile, type LeftOutFile, type SecretFinding, type WorkspaceDiff,
} from '@app/agent';
import { repositorySettings } from '@app/domain';
import type { PublishCommit } from '../workspace/workspace-request';
import type { PublishOptions, PublishRequest } from './publish-request';

/** A change as it will be shown: what is committed and what is said about it. */
export interface ComposedChange {
  readonly commit: PublishCommit;
  readonly diff: WorkspaceDiff;
  readonly leftOut: readonly LeftOutFile[];
  readonly title: string;
  readonly body: string;
  /** Credentials in it; with any, nothing of it may leave. */
  readonly secrets: readonly SecretFinding[];
}

/** No mailbox: a commit's author must not be taken for an account of a forge. */
const AUTHOR = { name: 'Async Coder', email: 'noreply@async-coder.invalid' } as const;
/** Folders that are listed to learn how large changed binary files are. */
const MAX_LISTINGS = 50;

/** Makes commit, diff and texts of what was handed in. The same work gives the same commit, whoever repeats it. */
export async function composeChange(request: PublishRequest): Promise<ComposedChange> {
  const { workspace, submission, task, repo } = request;
  const options = task.options as PublishOptions;
  const whole = await workspace.diff();
  const sizes = await binarySizes(workspace, whole.files);
  const allowCiFiles = (options.allowCiFiles ?? false) || repositorySettings(repo.settings).allowCiFiles;
  const { leftOut } = cleanDiff({ files: whole.files, discard: submission.discard, allowCiFiles, sizeOf: (path) => sizes.get(path) });
  const message = commitMessage({ taskId: task.id, title: submission.title, summary: submission.summary });
  const commit = await workspace.commitForPublish({ message, author: AUTHOR, date: task.createdAt, dropPaths: pathsOf(leftOut, whole.files) });
  const diff = await workspace.diffOf(commit);
  const title = pullRequestTitle(options.pullRequestTitle ?? submission.title);
  const body = bodyOf(request, diff.files, leftOut);
  const secrets = scanForSecrets({ patch: diff.patch, title: `${title}\n${message}`, body, values: request.secrets });
  return { commit, diff, leftOut, title, body, secrets };
}

/** A renamed file that is left out goes back to its old place. */
function pathsOf(leftOut: readonly LeftOutFile[], files: readonly ChangedFile[]): string[] {
  const out = new Set(leftOut.map(({ path }) => path));
  return files.filter(({ path }) => out.has(path)).flatMap(({ path, oldPath }) => (oldPath === null ? [path] : [path, oldPath]));
}

function bodyOf({ task, repo, submission, verification, model, standIn }: PublishRequest, files: readonly ChangedFile[], leftOut: readonly LeftOutFile[]): string {
  const { pullRequestBody: own } = task.options as PublishOptions;
  if (own !== undefined) return `${own.trim()}\n\n## Verification\n\n${verificationTable(verification)}\n\n${taskMarker(task.id)}\n`;
  const linkHosts = URL.canParse(repo.url) ? [new URL(repo.url).hostname] : [];
  return pullRequestBody({ taskId: task.id, taskUrl: null, submission, files, leftOut, verification, model, modelStandIn: standIn, linkHosts });
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
