import { fullName, type PullRequest, type Repository } from '../repository';
import { readCommits } from '../shapes/commit';
import { changedFiles } from '../shapes/file';
import { fileDiff } from './diff';
import { html, joined, type Html } from './html';
import { layout } from './layout';
import { markdown } from './markdown';

export async function pullPage(repository: Repository, pull: PullRequest): Promise<string> {
  const [files, commits] = await Promise.all([changedFiles(repository, pull), readCommits(repository, ['--reverse', `${pull.baseSha}..${pull.headSha}`])]);
  const sum = (field: 'additions' | 'deletions'): number => files.reduce((total, file) => total + file[field], 0);
  const comments = repository.comments.filter(({ number }) => number === pull.number);
  const content = html`
<h1>${pull.title} <span>#${pull.number}</span></h1>
<p>${badge(pull)}<b>${pull.user.login}</b> <span class="soft">wants to merge ${commits.length} ${commits.length === 1 ? 'commit' : 'commits'} into</span> <code>${pull.baseRef}</code> <span class="soft">from</span> <code>${pull.headRef}</code></p>
<div class="box"><div class="head"><b>${pull.user.login}</b> <span class="soft">${day(pull.createdAt)}</span></div><div class="body">${markdown(pull.body ?? '_No description provided._')}</div></div>
${joined(comments.map(({ user, at, body }) => html`<div class="box"><div class="head"><b>${user.login}</b> <span class="soft">${day(at)}</span></div><div class="body">${markdown(body)}</div></div>`))}
<h2>Commits</h2>
<div class="box">${joined(commits.map(({ sha, message, author }) => html`<div class="row"><code>${sha.slice(0, 7)}</code> ${message.split('\n')[0] ?? ''} <span class="soft">by ${author.name}</span></div>`))}</div>
<h2>${files.length} changed ${files.length === 1 ? 'file' : 'files'} <span class="plus">+${sum('additions')}</span> <span class="minus">−${sum('deletions')}</span></h2>
${joined(files.map(fileDiff))}`;
  const path = html`<a href="/">repositories</a> / <a href="/${fullName(repository)}"><b>${fullName(repository)}</b></a> / pull request`;
  return layout(`${pull.title} · Pull request #${pull.number} · ${fullName(repository)}`, path, content);
}

export function badge({ state, draft, mergedAt }: PullRequest): Html {
  const [look, text] = mergedAt !== null ? ['merged', 'Merged'] : state === 'closed' ? ['closed', 'Closed'] : draft ? ['draft', 'Draft'] : ['open', 'Open'];
  return html`<span class="badge ${look}">${text}</span>`;
}

function day(iso: string): string {
  return `${iso.slice(0, 10)} ${iso.slice(11, 16)} UTC`;
}
