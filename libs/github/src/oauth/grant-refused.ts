/** GitHub gives no tokens for this code or refresh token: it was used, is too old, or is not for us. */
export class GithubGrantRefused extends Error {
  constructor(
    /** GitHub's word: `bad_verification_code`, `bad_refresh_token`, `redirect_uri_mismatch`, … */
    readonly reason: string,
    what: string,
  ) {
    super(`GitHub refused to ${what}: ${reason}`);
    this.name = 'GithubGrantRefused';
  }
}
