import { AppError, type ProgramResult } from '@app/common';
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { GitCommand } from './git-command';
import { CHECKPOINT_REFUSED, GIT_TOO_LARGE } from './git.errors';
import { removeStaleLocks } from './mirror';
import type { CommitIdentity } from './workspace-request';

const MIB = 1024 ** 2;
const BASE_REF = 'refs/async-coder/base';
const BUNDLE_REF = 'refs/async-coder/checkpoint';
/** The history the agent can look at. */
const SEED_DEPTH = 50;
const MAX_FILES = 300_000;
const LISTING_BYTES = 48 * MIB;
/** Checkpoint commits are the same for the same tree and base, whenever and by whomever they are made. */
const CHECKPOINT_IDENTITY: CommitIdentity = { name: 'Async Coder', email: 'checkpoint@async-coder.invalid' };

/** One raw entry of a difference of two trees. */
export interface TreeChange {
  readonly path: string;
  readonly oldMode: string;
  readonly newMode: string;
  readonly oldSha: string;
  readonly newSha: string;
}

/** The bare repository of one attempt, outside the agent's reach; it borrows the mirror's objects. */
export class TrustedRepository {
  private constructor(
    readonly folder: string,
    readonly baseSha: string,
    private readonly git: GitCommand,
  ) {}

  static async create(git: GitCommand, folder: string, mirror: string, baseSha: string): Promise<TrustedRepository> {
    await git.run({ gitDir: null, args: ['init', '-q', '--bare', '--template=', '--', folder] });
    await writeFile(join(folder, 'objects', 'info', 'alternates'), `${join(mirror, 'objects')}\n`);
    await git.run({ gitDir: folder, args: ['update-ref', BASE_REF, baseSha] });
    await removeStaleLocks(folder);
    return new TrustedRepository(folder, baseSha, git);
  }

  /**
   * Makes sure that the base can be checked out within limits.
   * @throws {AppError} git_too_large
   */
  async checkSize(maxBytes: number): Promise<void> {
    const list = (args: string[]): Promise<ProgramResult> => this.git.run({ gitDir: this.folder, args: ['ls-tree', '-r', ...args, '--full-tree', this.baseSha], maxOutputBytes: LISTING_BYTES });
    // Names first: asking for the size of every file of a tree that holds itself many times over would take minutes.
    const files = (await list(['-z', '--name-only'])).stdout.reduce((count, byte) => count + Number(byte === 0), 0);
    if (files > MAX_FILES) throw new AppError(GIT_TOO_LARGE, `The repository has ${files} files; at most ${MAX_FILES} are possible.`);
    const sizes = (await list(['--format=%(objectsize)'])).stdout.toString('latin1').split('\n');
    const bytes = sizes.reduce((sum, size) => sum + (Number(size) || 0), 0);
    if (bytes > maxBytes) throw new AppError(GIT_TOO_LARGE, `The checkout would take ${Math.round(bytes / MIB)} MiB; at most ${Math.round(maxBytes / MIB)} are possible.`);
  }

  /** Paths and contents of files of the base, by name. */
  async blobs(isWanted: (path: string) => boolean): Promise<{ path: string; sha: string }[]> {
    const result = await this.git.run({ gitDir: this.folder, args: ['ls-tree', '-r', '-z', '--format=%(objectname) %(path)', '--full-tree', this.baseSha], maxOutputBytes: LISTING_BYTES });
    const lines = result.stdout.toString('utf8').split('\0').filter(Boolean);
    return lines.map((line) => ({ sha: line.slice(0, line.indexOf(' ')), path: line.slice(line.indexOf(' ') + 1) })).filter(({ path }) => isWanted(path));
  }

  /** A small copy with the recent history, which the sandbox may read: base, and what was restored. */
  async seed(folder: string, restored: string | null): Promise<void> {
    await this.git.run({ gitDir: null, args: ['init', '-q', '--bare', '--template=', '--', folder] });
    const url = pathToFileURL(this.folder).href;
    const refs = [`+${BASE_REF}:refs/heads/base`, ...(restored ? [`+${BUNDLE_REF}:refs/heads/restored`] : [])];
    const args = ['fetch', '-q', `--depth=${SEED_DEPTH}`, '--no-tags', '--no-auto-maintenance', '--no-write-fetch-head', '--refmap=', '--end-of-options', url, ...refs];
    await this.git.run({ gitDir: folder, args, remote: { url, credentials: null, own: true }, timeoutMs: 5 * 60_000 });
    await this.git.run({ gitDir: folder, args: ['read-tree', 'refs/heads/base'] });
  }

  /** A file of a commit or tree as text, its first megabyte; null when it is not there. */
  async textAt(sha: string, path: string): Promise<string | null> {
    const result = await this.git.run({ gitDir: this.folder, args: ['cat-file', 'blob', `${sha}:${path}`], answers: [0, 128], maxOutputBytes: MIB, cut: true });
    return result.exitCode === 128 ? null : result.stdout.toString('utf8');
  }

  treeOf(commit: string): Promise<string> {
    return this.git.line({ gitDir: this.folder, args: ['rev-parse', '--verify', '-q', '--end-of-options', `${commit}^{tree}`] });
  }

  /**
   * Takes a pack from the sandbox in as data and returns the commit of its tree.
   * @throws {AppError} checkpoint_refused when it is broken, does not hold the tree, or brings a link to another repository.
   */
  async takeIn(pack: Buffer, tree: string): Promise<string> {
    try {
      await this.git.run({ gitDir: this.folder, args: ['-c', 'transfer.fsckObjects=true', 'index-pack', '--stdin', '--fix-thin', '--strict', `--max-input-size=${pack.length}`], stdin: pack });
    } catch (error) {
      throw new AppError(CHECKPOINT_REFUSED, 'The sandbox handed out objects that are not valid.', { cause: error });
    }
    const changes = await this.changes(tree).catch((error: unknown) => {
      throw new AppError(CHECKPOINT_REFUSED, 'The sandbox handed out a tree that cannot be read.', { cause: error });
    });
    const link = changes.find(({ newMode, newSha, oldSha }) => newMode === '160000' && newSha !== oldSha);
    if (link) throw new AppError(CHECKPOINT_REFUSED, `"${link.path}" links to another repository, which is not supported.`);
    return this.checkpointCommit(tree);
  }

  /** The commit that stands for a tree on top of the base, always the same one. */
  checkpointCommit(tree: string): Promise<string> {
    return this.commit(tree, 'Checkpoint', CHECKPOINT_IDENTITY, new Date(0));
  }

  /** The commit that stands for a tree on top of another commit than the base. */
  commitOn(parent: string, tree: string): Promise<string> {
    return this.commitTree(['commit-tree', tree, '-p', parent, '-F', '-'], 'Checkpoint', CHECKPOINT_IDENTITY, new Date(0));
  }

  /** Makes a commit what was restored. */
  async keepRestored(commit: string): Promise<string> {
    await this.keep(BUNDLE_REF, commit);
    return commit;
  }

  /** What differs between the base and a tree, file by file, without looking for renames. */
  async changes(tree: string): Promise<TreeChange[]> {
    const result = await this.git.run({ gitDir: this.folder, args: ['diff-tree', '-r', '-z', '--no-renames', '--raw', '--no-abbrev', this.baseSha, tree], maxOutputBytes: LISTING_BYTES });
    return parseRaw(result.stdout.toString('utf8'));
  }

  /** A commit on top of the base; the same input gives the same sha. */
  commit(tree: string, message: string, by: CommitIdentity, date: Date): Promise<string> {
    return this.commitTree(['commit-tree', tree, '-p', this.baseSha, '-F', '-'], message, by, date);
  }

  private commitTree(args: readonly string[], message: string, by: CommitIdentity, date: Date): Promise<string> {
    const when = `@${Math.floor(date.getTime() / 1000)} +0000`;
    const env = { GIT_AUTHOR_NAME: by.name, GIT_AUTHOR_EMAIL: by.email, GIT_AUTHOR_DATE: when, GIT_COMMITTER_NAME: by.name, GIT_COMMITTER_EMAIL: by.email, GIT_COMMITTER_DATE: when };
    return this.git.line({ gitDir: this.folder, args, env, stdin: message });
  }

  async keep(ref: string, sha: string): Promise<void> {
    await this.git.run({ gitDir: this.folder, args: ['update-ref', ref, sha] });
  }

  /** The commit and what it needs beyond the base, for another worker. */
  async bundle(commit: string): Promise<Buffer> {
    await this.keep(BUNDLE_REF, commit);
    const result = await this.git.run({ gitDir: this.folder, args: ['bundle', 'create', '-q', '-', BUNDLE_REF, `^${this.baseSha}`], maxOutputBytes: 512 * MIB });
    return result.stdout;
  }

  /**
   * Reads what `bundle` gave and returns the commit.
   * @throws {AppError} checkpoint_refused when it is broken or belongs to another base.
   */
  async restore(bundle: Buffer): Promise<string> {
    const file = join(this.folder, 'restore.bundle');
    await writeFile(file, bundle, { mode: 0o600 });
    try {
      const args = ['-c', 'fetch.fsckObjects=true', 'fetch', '-q', '--no-tags', '--no-auto-maintenance', '--no-write-fetch-head', '--refmap=', '--end-of-options', file, `+${BUNDLE_REF}:${BUNDLE_REF}`];
      await this.git.run({ gitDir: this.folder, args, remote: { url: file, credentials: null, own: true } });
      return await this.git.line({ gitDir: this.folder, args: ['rev-parse', '--verify', '-q', `${BUNDLE_REF}^{commit}`] });
    } catch (error) {
      throw new AppError(CHECKPOINT_REFUSED, 'The saved state of the workspace cannot be read.', { cause: error });
    } finally {
      await rm(file, { force: true });
    }
  }

  /** The base's tree with some files replaced: `null` removes. Returns the tree's sha. */
  async editTree(tree: string, files: ReadonlyMap<string, { mode: string; sha: string } | null>): Promise<string> {
    const env = { GIT_INDEX_FILE: join(this.folder, 'index-publish') };
    await rm(env.GIT_INDEX_FILE, { force: true });
    await this.git.run({ gitDir: this.folder, args: ['read-tree', tree], env });
    // Removals first: a file may take the place of a folder.
    const lines = [...files].sort(([, a], [, b]) => Number(a !== null) - Number(b !== null)).map(([path, entry]) => (entry ? `${entry.mode} ${entry.sha}\t${path}\0` : `0 ${'0'.repeat(40)}\t${path}\0`));
    await this.git.run({ gitDir: this.folder, args: ['update-index', '-z', '--index-info'], env, stdin: lines.join('') });
    return this.git.line({ gitDir: this.folder, args: ['write-tree'], env });
  }
}

/** `:100644 100644 sha sha M NUL path NUL` … */
function parseRaw(text: string): TreeChange[] {
  const fields = text.split('\0');
  const changes: TreeChange[] = [];
  for (let i = 0; i + 1 < fields.length; i += 2) {
    const [oldMode = '', newMode = '', oldSha = '', newSha = ''] = (fields[i] ?? '').slice(1).split(' ');
    changes.push({ path: fields[i + 1] ?? '', oldMode, newMode, oldSha, newSha });
  }
  return changes;
}
