// github.com's side of OAuth: the page where somebody allows the App, and the endpoint that exchanges codes. Errors of the latter come as HTTP 200.
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { GithubState } from '../github-state';
import { parseJson } from '../http/json';
import { tokenAnswer, type UserToken } from './user-tokens';

const DOCUMENTATION = 'https://docs.github.com/apps/managing-oauth-apps/troubleshooting-oauth-app-access-token-request-errors';
const LOOPBACK = /^http:\/\/(127\.0\.0\.1|localhost|\[::1\])(:\d+)?(\/|$)/;

interface OauthCall {
  readonly method: string;
  readonly url: URL;
  readonly text: string;
  readonly request: IncomingMessage;
}

export function isOauth(path: string): boolean {
  return path.startsWith('/login/oauth/');
}

export function answerOauth(state: GithubState, call: OauthCall, response: ServerResponse): void {
  const route = `${call.method} ${call.url.pathname}`;
  if (route === 'GET /login/oauth/authorize') return authorize(state, call.url, response);
  if (route === 'POST /login/oauth/access_token') return exchange(state, call, response);
  page(response, 404, 'Not Found');
}

function authorize(state: GithubState, url: URL, response: ServerResponse): void {
  const asked = Object.fromEntries(url.searchParams);
  if (asked.client_id !== state.clientId) return page(response, 404, 'Not Found');
  const redirectUri = asked.redirect_uri ?? state.accounts.callbackUrls[0];
  if (redirectUri === undefined || !isCallback(state, redirectUri)) return page(response, 400, 'Be careful! The redirect_uri is not associated with this application.');
  if (asked.code_challenge !== undefined && (asked.code_challenge_method !== 'S256' || !/^[\w-]{43}$/.test(asked.code_challenge))) return page(response, 400, 'code_challenge_method must be S256');
  if (asked.peer_login === undefined) return page(response, 200, choice(state, url));
  const target = new URL(redirectUri);
  if (asked.state !== undefined) target.searchParams.set('state', asked.state);
  if (asked.peer_answer === 'deny') {
    target.searchParams.set('error', 'access_denied');
    target.searchParams.set('error_description', 'The user has denied your application access.');
  } else {
    target.searchParams.set('code', state.accounts.userTokens.newCode({ account: state.account(asked.peer_login), redirectUri, challenge: asked.code_challenge ?? null }, state.now()));
  }
  response.writeHead(302, { location: target.href }).end();
}

function isCallback(state: GithubState, redirectUri: string): boolean {
  const { callbackUrls } = state.accounts;
  return callbackUrls.length === 0 ? LOOPBACK.test(redirectUri) : callbackUrls.some((known) => redirectUri === known || redirectUri.startsWith(`${known.replace(/\/$/, '')}/`));
}

/** For a person with a browser: who to be. */
function choice(state: GithubState, url: URL): string {
  const logins = [...new Set(state.repositories.map(({ owner }) => owner.login)), 'octocat'];
  const links = logins.map((login) => {
    const allowed = new URL(url);
    allowed.searchParams.set('peer_login', login);
    return `<li><a href="${`${allowed.pathname}${allowed.search}`.replaceAll('&', '&amp;').replaceAll('"', '&quot;')}">Allow Async Coder as ${login}</a></li>`;
  });
  return `<h1>Authorize Async Coder</h1><ul>${links.join('')}</ul>`;
}

function exchange(state: GithubState, { text, request }: OauthCall, response: ServerResponse): void {
  const body = /json/.test(request.headers['content-type'] ?? '') ? ((parseJson(text) ?? {}) as Record<string, string | undefined>) : Object.fromEntries(new URLSearchParams(text));
  const answer = granted(state, body);
  const isJson = /json/.test(request.headers.accept ?? '');
  response.writeHead(200, { 'content-type': isJson ? 'application/json; charset=utf-8' : 'application/x-www-form-urlencoded; charset=utf-8', 'cache-control': 'no-store' });
  response.end(isJson ? JSON.stringify(answer) : new URLSearchParams(Object.fromEntries(Object.entries(answer).map(([name, value]) => [name, String(value)]))).toString());
}

function granted(state: GithubState, body: Readonly<Record<string, string | undefined>>): Record<string, unknown> {
  const { userTokens } = state.accounts;
  if (body.client_id !== state.clientId || body.client_secret !== state.accounts.clientSecret) return refused('incorrect_client_credentials', 'The client_id and/or client_secret passed are incorrect.');
  if (body.grant_type === 'refresh_token') return answerOf(userTokens.refresh(body.refresh_token ?? '', state.now()), 'bad_refresh_token', 'The refresh token passed is incorrect or expired.');
  if (body.grant_type !== undefined && body.grant_type !== 'authorization_code') return refused('unsupported_grant_type', 'The grant type is not supported.');
  const token = userTokens.exchange({ code: body.code ?? '', redirectUri: body.redirect_uri ?? null, verifier: body.code_verifier ?? null }, state.now());
  if (token === 'redirect') return refused('redirect_uri_mismatch', 'The redirect_uri MUST match the registered callback URL for this application.');
  return answerOf(token, 'bad_verification_code', 'The code passed is incorrect or expired.');
}

function answerOf(token: UserToken | null, error: string, words: string): Record<string, unknown> {
  return token ? tokenAnswer(token) : refused(error, words);
}

function refused(error: string, description: string): Record<string, unknown> {
  return { error, error_description: description, error_uri: DOCUMENTATION };
}

function page(response: ServerResponse, status: number, html: string): void {
  response.writeHead(status, { 'content-type': 'text/html; charset=utf-8' }).end(html);
}
