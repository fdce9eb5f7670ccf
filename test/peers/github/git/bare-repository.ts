import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve, sep } from 'node:path';
import type { Git, GitOptions, GitResult } from './git';

const AUTHOR = { GIT_AUTHOR_NAME: 'Demo', GIT_AUTHOR_EMAIL: 'demo@users.noreply.github.com', GIT_COMMITTER_NAME: 'GitHub', GIT_COMMITTER_EMAIL: 'noreply@github.com' };

export interface Ref {
  readonly name: string;
  readonly sha: string;
}

/** One bare repository on disk: what REST tells is read from here, so it agrees with what git tells. */
export class BareRepository {
  constructor(
    private readonly gitProgram: Git,
    readonly folder: string,
  ) {}

  git(args: readonly string[], options?: GitOptions): Promise<string> {
    return this.gitProgram.run(['--git-dir', this.folder, ...args], options);
  }

  try(args: readonly string[], options?: GitOptions): Promise<GitResult> {
    return this.gitProgram.try(['--git-dir', this.folder, ...args], options);
  }

  async init(): Promise<void> {
    await this.gitProgram.run(['init', '--quiet', '--bare', '--initial-branch=main', this.folder]);
  }

  async mirror(from: string): Promise<void> {
    await this.gitProgram.run(['clone', '--quiet', '--mirror', '--no-hardlinks', '--', resolve(from), this.folder]);
    await this.git(['remote', 'remove', 'origin']);
    await this.#pointHeadAtABranch();
  }

  /** One commit on main with everything in the folder that its .gitignore does not leave out. */
  async commitFolder(from: string): Promise<void> {
    await this.init();
    const scratch = mkdtempSync(join(tmpdir(), 'github-peer-'));
    const env = { GIT_INDEX_FILE: join(scratch, 'index'), ...AUTHOR };
    try {
      cpSync(from, join(scratch, 'tree'), { recursive: true, filter: (path) => !path.split(sep).includes('.git') });
      await this.git(['--work-tree', join(scratch, 'tree'), 'add', '--all', '.'], { env });
      const tree = (await this.git(['write-tree'], { env })).trim();
      const commit = (await this.git(['commit-tree', tree, '-m', 'Initial commit'], { env })).trim();
      await this.git(['update-ref', 'refs/heads/main', commit]);
    } finally {
      rmSync(scratch, { recursive: true, force: true });
    }
  }

  async commitFiles(files: Readonly<Record<string, string>>): Promise<void> {
    const scratch = mkdtempSync(join(tmpdir(), 'github-peer-'));
    try {
      for (const [path, content] of Object.entries(files)) {
        const file = join(scratch, path);
        if (!file.startsWith(scratch + sep)) throw new Error(`not inside the repository: ${path}`);
        mkdirSync(dirname(file), { recursive: true });
        writeFileSync(file, content);
      }
      await this.commitFolder(scratch);
    } finally {
      rmSync(scratch, { recursive: true, force: true });
    }
  }

  /** The commit a name stands for; null when there is none. */
  async resolve(name: string): Promise<string | null> {
    if (name.startsWith('-')) return null;
    const { code, stdout } = await this.try(['rev-parse', '--verify', '--quiet', '--end-of-options', `${name}^{commit}`]);
    return code === 0 ? stdout.trim() : null;
  }

  branchSha(branch: string): Promise<string | null> {
    return this.resolve(`refs/heads/${branch}`);
  }

  async refs(prefix = 'refs/'): Promise<Ref[]> {
    const text = await this.git(['for-each-ref', '--format=%(objectname) %(refname)', prefix]);
    return text.split('\n').filter(Boolean).map((line) => ({ sha: line.slice(0, line.indexOf(' ')), name: line.slice(line.indexOf(' ') + 1) }));
  }

  async defaultBranch(): Promise<string> {
    return (await this.git(['symbolic-ref', 'HEAD'])).trim().replace(/^refs\/heads\//, '');
  }

  async mergeBase(one: string, other: string): Promise<string | null> {
    const { code, stdout } = await this.try(['merge-base', one, other]);
    return code === 0 ? stdout.trim() : null;
  }

  /** Text of a file at a commit; null when it is not there. */
  async file(commit: string, path: string): Promise<string | null> {
    const { code, stdout } = await this.try(['cat-file', 'blob', `${commit}:${path}`]);
    return code === 0 ? stdout : null;
  }

  /** A mirror of a detached head has none: then its first branch is the default one. */
  async #pointHeadAtABranch(): Promise<void> {
    const head = await this.try(['symbolic-ref', '--quiet', 'HEAD']);
    if (head.code === 0 && (await this.resolve('HEAD')) !== null) return;
    const branches = await this.refs('refs/heads/');
    const first = branches.find(({ name }) => /\/(main|master)$/.test(name)) ?? branches[0];
    if (first) await this.git(['symbolic-ref', 'HEAD', first.name]);
  }
}
