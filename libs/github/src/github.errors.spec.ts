import type { AppError } from '@app/common';
import { RequestError } from 'octokit';
import { githubError, isRefusal } from './github.errors';

const TOKEN = `ghs_${'a'.repeat(40)}`;

function answered(status: number, message: string, headers: Record<string, string> = {}): RequestError {
  const request = { method: 'GET' as const, url: 'https://api.github.com/x', headers: { authorization: `token ${TOKEN}` } };
  return new RequestError(message, status, { request, response: { status, url: request.url, headers, data: { message } } });
}

const mapped = (error: unknown): AppError => githubError(error, 'a test') as AppError;

describe('githubError', () => {
  it.each([
    [401, 'Bad credentials', 'integration_not_connected'], [403, 'Resource not accessible by integration', 'github_permission_missing'], [404, 'Not Found', 'integration_not_connected'],
    [403, 'This installation has been suspended', 'integration_not_connected'], [451, 'Unavailable', 'integration_not_connected'], [422, 'Validation Failed', 'github_validation_failed'], [500, 'Server Error', 'github_error'],
  ])('says %i "%s" as %s', (status, message, code) => {
    expect(mapped(answered(status, message)).code).toBe(code);
  });

  it('tells how long GitHub wants us to wait', () => {
    expect(mapped(answered(429, 'Too many', { 'retry-after': '7' }))).toMatchObject({ code: 'github_rate_limited', headers: { 'Retry-After': '7' } });
    expect(mapped(answered(403, 'You have exceeded a secondary rate limit.'))).toMatchObject({ code: 'github_rate_limited', headers: { 'Retry-After': '60' } });
    const reset = String(Math.floor(Date.now() / 1_000) + 120);
    const wait = Number(mapped(answered(403, 'API rate limit exceeded', { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': reset })).headers['Retry-After']);
    expect(wait).toBeGreaterThan(60);
    expect(wait).toBeLessThanOrEqual(121);
  });

  it('carries nothing of the token', () => {
    const error = mapped(answered(400, `Bad request for ${TOKEN}`));
    expect(`${error.message} ${error.stack ?? ''} ${String(error.cause)} ${JSON.stringify(error)}`).not.toContain(TOKEN);
  });

  it('leaves errors that are not GitHub’s alone', () => {
    const own = new TypeError('a mistake of ours');
    expect(githubError(own, 'a test')).toBe(own);
  });
});

describe('isRefusal', () => {
  it('reads what GitHub did not like', () => {
    const error = answered(422, 'Validation Failed: {"message":"No commits between main and x"}');
    expect(isRefusal(error, /no commits between/i)).toBe(true);
    expect(isRefusal(error, /already exists/i)).toBe(false);
    expect(isRefusal(new Error('No commits between'), /no commits between/i)).toBe(false);
  });
});
