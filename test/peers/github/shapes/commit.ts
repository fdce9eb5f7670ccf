import type { GithubState } from '../github-state';
import { fullName, type Repository } from '../repository';
import { nodeId } from './account';

const FIELDS = '%H%x1f%T%x1f%P%x1f%an%x1f%ae%x1f%aI%x1f%cn%x1f%ce%x1f%cI%x1f%B%x1e';

export interface CommitFacts {
  readonly sha: string;
  readonly tree: string;
  readonly parents: readonly string[];
  readonly author: { readonly name: string; readonly email: string; readonly date: string };
  readonly committer: { readonly name: string; readonly email: string; readonly date: string };
  readonly message: string;
}

/** Commits of a range or a single one, as git tells them. */
export async function readCommits({ git }: Repository, args: readonly string[]): Promise<CommitFacts[]> {
  const text = await git.git(['log', `--format=${FIELDS}`, ...args]);
  return text.split('\x1e').map((part) => part.replace(/^\n/, '').split('\x1f')).filter((fields) => fields.length > 1).map(commitOf);
}

export async function commitShape(state: GithubState, repository: Repository, sha: string): Promise<Record<string, unknown>> {
  const [facts] = await readCommits(repository, ['--no-walk', sha]);
  if (!facts) throw new Error(`no commit ${sha}`);
  return commitOfFacts(state, repository, facts);
}

export function commitOfFacts(state: GithubState, repository: Repository, { sha, tree, parents, author, committer, message }: CommitFacts): Record<string, unknown> {
  const api = `${state.url}/api/v3/repos/${fullName(repository)}`;
  const html = `${state.url}/${fullName(repository)}`;
  return {
    sha, node_id: nodeId('C', sha), url: `${api}/commits/${sha}`, html_url: `${html}/commit/${sha}`, comments_url: `${api}/commits/${sha}/comments`, author: null, committer: null,
    commit: {
      author, committer, message, tree: { sha: tree, url: `${api}/git/trees/${tree}` }, url: `${api}/git/commits/${sha}`, comment_count: 0,
      verification: { verified: false, reason: 'unsigned', signature: null, payload: null, verified_at: null },
    },
    parents: parents.map((parent) => ({ sha: parent, url: `${api}/commits/${parent}`, html_url: `${html}/commit/${parent}` })),
  };
}

function commitOf(fields: readonly string[]): CommitFacts {
  const [sha = '', tree = '', parents = '', name = '', email = '', date = '', committerName = '', committerEmail = '', committerDate = '', message = ''] = fields;
  return { sha, tree, parents: parents.split(' ').filter(Boolean), author: { name, email, date }, committer: { name: committerName, email: committerEmail, date: committerDate }, message: message.trimEnd() };
}
