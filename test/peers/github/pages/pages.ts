import type { ServerResponse } from 'node:http';
import type { GithubState } from '../github-state';
import { findPull } from '../pulls';
import { html } from './html';
import { layout } from './layout';
import { pullPage } from './pull-page';
import { indexPage, repositoryPage } from './repository-page';

const HEADERS = { 'content-type': 'text/html; charset=utf-8', 'content-security-policy': "default-src 'none'; style-src 'unsafe-inline'; img-src data:", 'x-content-type-options': 'nosniff', 'referrer-policy': 'no-referrer' };

/** A page for people: the repositories, one of them, or one of its pull requests. Private ones are not shown, as nobody can sign in here. */
export async function answerPage(state: GithubState, url: URL, response: ServerResponse): Promise<void> {
  const page = await pageOf(state, url.pathname);
  response.writeHead(page === null ? 404 : 200, HEADERS);
  response.end(page ?? layout('Not found', html`<a href="/">repositories</a>`, html`<h1>There is no such page</h1>`));
}

async function pageOf(state: GithubState, pathname: string): Promise<string | null> {
  if (pathname === '/') return indexPage(state);
  const [, owner = '', name = '', number] = /^\/([^/]+)\/([^/]+?)(?:\.git)?(?:\/pull\/(\d+)(?:\/\w+)?)?\/?$/.exec(pathname) ?? [];
  const repository = state.repository(owner, name);
  if (!repository || repository.private) return null;
  if (number === undefined) return repositoryPage(state, repository);
  const pull = findPull(repository, number);
  return pull ? pullPage(repository, pull) : null;
}
