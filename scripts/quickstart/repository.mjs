import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';

/** The sample's failing test, as a person would report it. */
export const SAMPLE_PROMPT = 'The test suite fails: fix the bug that makes it fail. Change the source, not the test.';

const OWNER = 'demo';

/** Puts the sample, or the repository named by `--repo`, on the GitHub stand-in. */
export async function importRepository(githubUrl, repo, folder) {
  if (repo === undefined) return create(githubUrl, { owner: OWNER, name: 'sample', path: resolve('test/peers/llm/sample-session/sample-repository') });
  const clone = join(folder, 'import.git');
  const from = existsSync(repo) ? resolve(repo) : repo;
  const result = spawnSync('git', ['clone', '--quiet', '--mirror', '--end-of-options', from, clone], { encoding: 'utf8', env: { ...process.env, GIT_TERMINAL_PROMPT: '0' } });
  if (result.status !== 0) throw new Error(`git cannot clone ${repo}: ${result.stderr.trim().split('\n').at(-1)}\n  Give --repo a path or URL that "git clone" understands.`);
  const name = basename(String(repo).replace(/\/+$/, ''), '.git').replace(/[^A-Za-z0-9._-]/g, '-') || 'repository';
  return create(githubUrl, { owner: OWNER, name, clone });
}

async function create(githubUrl, body) {
  const response = await fetch(`${githubUrl}/__peer/repositories`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) });
  if (!response.ok) throw new Error(`the GitHub stand-in refused the repository: ${await response.text()}`);
  return { fullName: `${body.owner}/${body.name}`, url: `${githubUrl}/${body.owner}/${body.name}`, ...(await response.json()) };
}

export function connectRepository(client, source) {
  return client.post('/repositories', { fullName: source.fullName });
}

/** The commit a branch points at on the remote, asked with git itself; null when there is none. */
export async function remoteHead(github, source, branch) {
  const response = await fetch(`${github.apiUrl}/__peer/refs?repository=${encodeURIComponent(source.fullName)}&ref=${encodeURIComponent(`refs/heads/${branch}`)}`);
  return response.ok ? (await response.json()).sha : null;
}
