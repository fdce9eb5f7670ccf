import type { ServerResponse } from 'node:http';
import type { GithubState } from '../github-state';

/** A page for people. */
export async function answerPage(state: GithubState, url: URL, response: ServerResponse): Promise<void> {
  const [, owner = '', name = ''] = url.pathname.split('/');
  const isKnown = url.pathname === '/' || state.repository(owner, name) !== undefined;
  response.writeHead(isKnown ? 200 : 404, { 'content-type': 'text/plain; charset=utf-8' });
  response.end(await Promise.resolve(isKnown ? url.pathname : 'Not found'));
}
