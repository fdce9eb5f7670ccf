import type { GithubState } from '../github-state';
import { fullName, type Repository } from '../repository';
import { html, joined } from './html';
import { layout } from './layout';
import { markdown } from './markdown';
import { badge } from './pull-page';

const READMES = ['README.md', 'readme.md', 'Readme.md', 'README'];

export function indexPage({ repositories }: GithubState): string {
  const rows = repositories.filter((repository) => !repository.private).map((repository) => html`<div class="row"><a href="/${fullName(repository)}"><b>${fullName(repository)}</b></a> <span class="soft">${repository.pulls.length} pull requests</span></div>`);
  return layout('Repositories', html`<b>repositories</b>`, html`<h1>Repositories</h1><div class="box">${rows.length > 0 ? joined(rows) : html`<div class="row soft">None yet.</div>`}</div>`);
}

export async function repositoryPage(state: GithubState, repository: Repository): Promise<string> {
  const name = fullName(repository);
  const defaultBranch = await repository.git.defaultBranch();
  const [branches, readme] = await Promise.all([repository.git.refs('refs/heads/'), readmeOf(repository, defaultBranch)]);
  const pulls = [...repository.pulls].reverse();
  const content = html`
<h1>${name}</h1>
<p><code>git clone ${state.url}/${name}.git</code></p>
<h2>Pull requests</h2>
<div class="box">${pulls.length === 0 ? html`<div class="row soft">None yet.</div>` : joined(pulls.map((pull) => html`<div class="row">${badge(pull)}<a href="/${name}/pull/${pull.number}"><b>${pull.title}</b></a> <span class="soft">#${pull.number} from</span> <code>${pull.headRef}</code></div>`))}</div>
<h2>Branches</h2>
<div class="box">${joined(branches.map((ref) => html`<div class="row"><code>${ref.name.slice('refs/heads/'.length)}</code> <span class="soft">${ref.sha.slice(0, 7)}${ref.name === `refs/heads/${defaultBranch}` ? ' · default' : ''}</span></div>`))}</div>
${readme === null ? html`` : html`<div class="box"><div class="head"><b>README</b></div><div class="body">${markdown(readme)}</div></div>`}`;
  return layout(name, html`<a href="/">repositories</a> / <b>${name}</b>`, content);
}

async function readmeOf({ git }: Repository, branch: string): Promise<string | null> {
  const sha = await git.branchSha(branch);
  if (sha === null) return null;
  const texts = await Promise.all(READMES.map((file) => git.file(sha, file)));
  return texts.find((text) => text !== null) ?? null;
}
