// What each error code means for the one who got it: the pages behind `type`, and the examples of the API's document.

/** A member beside the standard ones, as JSON Schema. */
interface Member {
  readonly schema: object;
  readonly about: string;
  readonly example: unknown;
}

export interface ProblemAdvice {
  /** What to do, in a sentence. */
  readonly advice: string;
  /** `detail` as it may read. */
  readonly detail: string;
  readonly members?: Readonly<Record<string, Member>>;
  /** Headers that come along, with an example. */
  readonly headers?: Readonly<Record<string, string>>;
}

const EXAMPLE_ID = '0199e2a4-6b1c-7c3e-9a55-2f6d1c0e4b7a';
const IDS = { type: 'array', items: { type: 'string', format: 'uuid' } };
const LIMIT: Member = { schema: { type: 'integer' }, about: 'How many are allowed.', example: 10 };
const TASK_STATUS: Member = { schema: { type: 'string' }, about: 'Status of the task now.', example: 'completed' };
const NEEDED: Member = { schema: { type: 'number' }, about: 'Credits that are needed.', example: 12 };
const FREE: Member = { schema: { type: 'number' }, about: 'Credits that are free.', example: 3.5 };
const SECONDS: Member = { schema: { type: 'integer' }, about: 'Seconds to wait.', example: 60 };
const AUTHENTICATE = { 'WWW-Authenticate': 'Bearer realm="async-coder", error="invalid_token"' };

const READING: Readonly<Record<string, ProblemAdvice>> = {
  malformed_json: { advice: 'Send a JSON object in UTF-8, nested no deeper than 20 and with at most 1,000 keys.', detail: 'The body is not JSON.' },
  invalid_parameter: { advice: 'Correct the query, path or header value that `errors` names; unknown query parameters are refused too.', detail: 'limit: limit must not be greater than 100' },
  invalid_cursor: { advice: 'Begin the list again without `cursor`, then pass `nextCursor` on unchanged and with the same filters.', detail: 'The cursor was changed, is of another list, or was used with other filters. Begin without one.' },
  invalid_webhook_payload: { advice: 'Send the event as the vendor sends it: its JSON, unchanged.', detail: 'The payload is not an event of this vendor.' },
  not_acceptable: { advice: 'Ask for one of the media types that the operation lists, or send no `Accept`.', detail: 'There are application/json and text/event-stream.' },
  method_not_allowed: { advice: 'Use one of the methods named in the header `Allow`.', detail: 'Use GET, HEAD.', headers: { Allow: 'GET, HEAD' } },
  payload_too_large: { advice: 'Send less: 100 KB, or 1 MB where prompts and messages are sent.', detail: 'The body is larger than this route takes.' },
  unsupported_media_type: { advice: 'Send `Content-Type: application/json` in UTF-8, without `Content-Encoding`.', detail: 'Send the body as application/json.' },
  range_not_satisfiable: { advice: 'Ask for a range inside the size that `Content-Range` names.', detail: 'There are 4096 bytes.', headers: { 'Content-Range': 'bytes */4096' } },
  validation_failed: { advice: 'Correct each field that `errors` points at, by its JSON pointer, and send the body again.', detail: '/title: title must be a text of 1 to 255 characters' },
  version_conflict: { advice: 'Read the resource again, apply your change to what it is now, and send that version\'s `ETag` as `If-Match`.', detail: 'The resource was changed by somebody else. Read it again and repeat the change.' },
  idempotency_in_progress: { advice: 'Repeat the same call after `Retry-After` seconds to get the first one\'s answer.', detail: 'A call with this Idempotency-Key is still running; repeat yours a little later to get its answer.', headers: { 'Retry-After': '1' } },
  idempotency_mismatch: { advice: 'Use a new key for a new call; a key belongs to one method, path and body.', detail: 'This Idempotency-Key was used with another method, path or body; use a new key for a new call.' },
  rate_limited: { advice: 'Wait for `Retry-After` seconds; `RateLimit` tells on every answer how much is left.', detail: 'Too many requests. Try again in 12 s.', headers: { 'Retry-After': '12' } },
};

const CALLER: Readonly<Record<string, ProblemAdvice>> = {
  unauthenticated: { advice: 'Send `Authorization: Bearer <token>` with an access token, a Clerk session token or a personal access token.', detail: 'Send an access token: Authorization: Bearer <token>.', headers: AUTHENTICATE },
  token_expired: { advice: 'Get a new access token with the refresh token; a personal access token that has expired must be replaced.', detail: 'The access token has expired. Get a new one with the refresh token.', headers: AUTHENTICATE },
  token_revoked: { advice: 'Sign in again, or make a new personal access token: this one was ended by a logout, a password change or a revocation.', detail: 'The session has ended. Sign in again.', headers: AUTHENTICATE },
  invalid_credentials: { advice: 'Check the e-mail address and the password; whether the account exists is never told.', detail: 'The e-mail address or the password is wrong.', headers: AUTHENTICATE },
  refresh_token_invalid: { advice: 'Sign in again; the refresh token is unknown, expired or of an ended session.', detail: 'The refresh token is not valid. Sign in again.', headers: AUTHENTICATE },
  refresh_token_reused: { advice: 'Sign in again: the token was used twice, so somebody else may have it and the session was ended.', detail: 'This refresh token was used before. The session was ended; sign in again.', headers: AUTHENTICATE },
  session_pending: { advice: 'Finish what Clerk still asks of you (such as choosing an organization), then send the new session token.', detail: 'The Clerk session is pending.', headers: AUTHENTICATE },
  invalid_signature: { advice: 'Sign the raw body with the endpoint\'s current secret, and send it within five minutes.', detail: 'The signature does not match.', headers: AUTHENTICATE },
  forbidden: { advice: 'Ask an admin or owner of the organization for the role that `detail` names.', detail: 'This needs the role admin in the organization; yours is member.' },
  insufficient_scope: { advice: 'Use a personal access token with the scope that `detail` names, or a session.', detail: 'The token needs the scope tasks:write.' },
  account_suspended: { advice: 'Ask support; until they lift the suspension nothing can be done with this account.', detail: 'This account is suspended. Ask support.' },
  impersonation_forbidden: { advice: 'Do this as the user, not on their behalf.', detail: 'This cannot be done on somebody\'s behalf.' },
  too_many_login_attempts: { advice: 'Wait for `Retry-After` seconds before you try to sign in again.', detail: 'Too many attempts to sign in. Try again later.', headers: { 'Retry-After': '900' } },
  not_found: { advice: 'Check the id and the organization (`X-Organization-Id`); what is missing and what you may not see look alike.', detail: 'There is no such resource, or you cannot see it.' },
  email_taken: { advice: 'Sign in with this e-mail address, or register another one.', detail: 'There is an account with this e-mail address.' },
  username_taken: { advice: 'Choose another username.', detail: 'This username is taken.' },
  oauth_state_expired: { advice: 'Begin again: a state is good once, for ten minutes, in the browser that began.', detail: 'This state is unknown, was used before, is older than ten minutes, or was begun elsewhere. Begin again.' },
  github_not_connected: { advice: 'Connect your GitHub account: POST /users/github, or GET /auth/github/start in a browser. `reason` says whether it never was (`none`), has `expired`, or was `revoked` at GitHub.', detail: 'Your GitHub account is not connected. Connect it with POST /users/github, or by the address that GET /auth/github/start gives.', members: { reason: { schema: { type: 'string', enum: ['none', 'expired', 'revoked'] }, about: 'What keeps the connection from being used.', example: 'none' } } },
  account_link_required: { advice: 'Sign in to the account that has this e-mail address and link the other one there.', detail: 'An account with this e-mail address exists already.' },
  last_owner: { advice: 'Make another member an owner first, or delete the team.', detail: 'An organization cannot be without an owner.', members: { organizationIds: { schema: IDS, about: 'Up to 20 teams without another owner.', example: [EXAMPLE_ID] } } },
  last_admin: { advice: 'Make somebody else an administrator of the platform first.', detail: 'The platform would have no administrator.' },
  personal_organization: { advice: 'Make a team with `POST /organizations`; a personal organization stays its owner\'s alone.', detail: 'This cannot be done with a personal organization.' },
  slug_taken: { advice: 'Choose another slug.', detail: 'This slug is taken.' },
  budget_duplicate: { advice: 'Change the budget that exists (`PATCH /budgets/{id}`), or choose another scope, measure or period.', detail: 'There is a budget of this scope, measure and period.' },
  conflict: { advice: 'Look at what exists already and change that, or choose another name.', detail: 'There is one like this already.' },
};

const MONEY: Readonly<Record<string, ProblemAdvice>> = {
  insufficient_credits: { advice: 'Buy credits, wait for the next period, or lower `maxCredits`.', detail: 'This task needs about 12 credits; 3.5 are free.', members: { required: NEEDED, available: FREE } },
  budget_exhausted: { advice: 'Raise the task\'s `maxCredits` or the budget, then resume.', detail: 'The next model call does not fit under the organization\'s budget of 100 credits a month (0199e2a4-6b1c-7c3e-9a55-2f6d1c0e4b7a): 98.5 credits used. Raise the budget or wait for its next period, then resume.' },
  plan_limit_model: { advice: 'Choose a model of your plan (`GET /models?available=true`), use a key of your own, or change the plan.', detail: 'The plan free does not include this model; it needs pro.', members: { neededTier: { schema: { type: 'string' }, about: 'Least plan that includes it.', example: 'pro' } } },
  plan_limit_tasks_per_day: { advice: 'Wait for `Retry-After` seconds (midnight UTC) or change the plan.', detail: 'The plan free allows 5 tasks a day (UTC); wait for tomorrow or change the plan.', members: { limit: LIMIT }, headers: { 'Retry-After': '3600' } },
  plan_limit_repository_secrets: { advice: 'Delete a secret of the repository.', detail: 'A repository may have 50 secrets; delete one to add another.', members: { limit: LIMIT } },
  repository_secret_unreadable: { advice: 'Set the secret again.', detail: 'The secret NPM_TOKEN of the repository cannot be read any more. Set it again.' },
  repository_credential_unreadable: { advice: 'Set the credential again with PUT /repositories/{id}/credential.', detail: 'The credential of the repository cannot be read any more. Set it again.' },
  plan_limit_automations: { advice: 'Delete an automation or change the plan.', detail: 'The plan allows 10 automations; delete one or change the plan.', members: { limit: LIMIT } },
  plan_limit_repositories: { advice: 'Disconnect a repository or change the plan.', detail: 'The plan free allows 10 connected repositories; disconnect one or change the plan.', members: { limit: LIMIT } },
  plan_limit_members: { advice: 'Remove a member or an open invitation, or change the plan.', detail: 'The plan free allows 10 members; change the plan to invite more.', members: { limit: LIMIT } },
  organization_limit: { advice: 'Leave or delete an organization first.', detail: 'One person belongs to at most 100 organizations. Leave one first.', members: { limit: LIMIT } },
  payment_required: { advice: 'Pay: with another card in the billing portal, or by the invoice\'s page; without a subscription begin one with `POST /billing/checkout`.', detail: 'Your card was declined.', members: { reason: { schema: { type: 'string' }, about: 'Why: `no_subscription`, `payment_failed`, or what the bank says.', example: 'payment_failed' }, hostedInvoiceUrl: { schema: { type: ['string', 'null'] }, about: 'Where the open invoice is paid.', example: 'https://invoice.stripe.com/i/in_a1' } } },
  subscription_exists: { advice: 'Cancel or change the subscription that runs.', detail: 'A paid subscription is running.' },
  plan_limit_webhook_endpoints: { advice: 'Delete an endpoint that is not needed any more.', detail: 'There can be 10 webhook endpoints.', members: { limit: LIMIT } },
  too_many_streams: { advice: 'Close an event stream before you open another one.', detail: 'You have 10 event streams open; close one first.', members: { limit: LIMIT }, headers: { 'Retry-After': '5' } },
};

const WORK: Readonly<Record<string, ProblemAdvice>> = {
  automation_disabled: { advice: 'Enable it with PATCH /automations/{id} {"enabled": true} first; `disabledReason` says why it is off.', detail: 'The automation is disabled.' },
  task_not_cancellable: { advice: 'Nothing: the task has ended already. `DELETE` is safe to repeat where that should not be an error.', detail: 'The task is completed; only a task that has not ended can be cancelled.', members: { taskStatus: TASK_STATUS } },
  task_not_retryable: { advice: 'Retry only a failed, timed out or cancelled task; say something to a completed one with `POST /tasks/{id}/messages`.', detail: 'The task is completed; only a failed, timed out or cancelled task can be retried.', members: { taskStatus: TASK_STATUS } },
  task_not_editable: { advice: 'Change only what the status still allows; for an ended task that is title and tags.', detail: 'The task is completed; prompt cannot be changed together any more.', members: { taskStatus: TASK_STATUS } },
  task_not_pausable: { advice: 'Pause only a task that waits or runs.', detail: 'The task is completed; only a waiting or running task can be paused.', members: { taskStatus: TASK_STATUS } },
  task_not_resumable: { advice: 'Resume only a paused task; answer one that waits for you with a message.', detail: 'The task is in_progress; only a paused task can be resumed.', members: { taskStatus: TASK_STATUS } },
  task_not_publishable: { advice: 'Publish only an ended task that has a stored patch and no pull request yet.', detail: 'The task has no stored patch.', members: { taskStatus: TASK_STATUS } },
  task_busy: { advice: 'Wait until the tasks have ended, cancel them, or send `force=true` where the operation knows it.', detail: '2 task(s) of this repository have not ended. Wait, or send force=true to cancel them.', members: { taskIds: { schema: IDS, about: 'Up to 20 of them.', example: [EXAMPLE_ID] } } },
  plan_not_waiting: { advice: 'Read the task again: its plan was decided on already, or there is none.', detail: 'No plan of this task waits for a decision.', members: { taskStatus: TASK_STATUS } },
  invalid_ref: { advice: 'Name a branch, tag or commit that git takes and that exists.', detail: 'branch is not a name that git takes' },
  invalid_model: { advice: 'Use `auto`, or a name or id that `GET /models` lists.', detail: 'there is no model "gpt-1"; GET /models lists them' },
  model_unavailable: { advice: 'Choose a model whose `available` is true, or add a key for its provider.', detail: 'gpt-5 cannot be used now: its provider has no key here' },
  repository_write_denied: { advice: 'Ask somebody who administers the repository at GitHub, or your organization here, for more rights.', detail: 'This needs the level write in the repository; yours is read.', members: { needed: { schema: { type: 'string' }, about: 'The level that is needed.', example: 'write' }, level: { schema: { type: 'string' }, about: 'Yours.', example: 'read' } } },
  repository_already_connected: { advice: 'Use the repository that is connected already.', detail: 'This repository is connected already.' },
  invalid_clone_url: { advice: 'Send an https address of a public host, without user name, password, query or fragment.', detail: 'The clone address points at a private address.' },
  unsafe_url: { advice: 'Send an https address of a public host; addresses of private networks are never called.', detail: 'The address points at a private network.' },
  pull_request_not_mergeable: { advice: 'Read the pull request with `refresh=true`: `mergeable`, `mergeableState` and `checks` say what stands in the way. Or try another `method`.', detail: 'It is a draft.' },
  github_validation_failed: { advice: 'Change what `detail` or `errors` names; nothing was written.', detail: 'GitHub takes comments only on lines that the change shows; nothing was posted.' },
  pull_request_empty: { advice: 'Nothing: the branch holds no change that the base lacks.', detail: 'The branch holds nothing that its base does not.' },
  api_key_duplicate: { advice: 'Use the key that exists, or choose another name.', detail: 'There is one like this already.' },
  api_key_unreadable: { advice: 'Send the key again as `keyValue`: what is stored cannot be opened any more.', detail: 'The stored key cannot be opened. Send it again.' },
  webhook_endpoint_disabled: { advice: 'Set the endpoint\'s `status` to `active` first.', detail: 'The endpoint is disabled.' },
  webhook_endpoint_duplicate: { advice: 'Change the endpoint that has this address already.', detail: 'There is an endpoint with this address already.' },
};

const PARTNERS: Readonly<Record<string, ProblemAdvice>> = {
  github_error: { advice: 'Try again in a minute; if it stays, look at GitHub\'s status page.', detail: 'GitHub gave an error (read a repository).' },
  github_rate_limited: { advice: 'Wait for `Retry-After` seconds.', detail: 'GitHub asks us to wait 60 s (list branches).', members: { retryAfterSeconds: SECONDS }, headers: { 'Retry-After': '60' } },
  github_permission_missing: { advice: 'Give the GitHub App the permission that `detail` names, in the installation\'s settings.', detail: 'The GitHub App lacks the permission "contents" in this installation.' },
  credential_not_applicable: { advice: 'Send the kind that the address takes: `basic` for https, `ssh` for ssh; a repository of GitHub has none.', detail: 'A repository of GitHub is reached through the GitHub App; it has no credential of its own.' },
  host_key_unreachable: { advice: 'Check host and port of the address, and that the server can be reached from here.', detail: 'git.example.com showed no host key.' },
  ssh_unavailable: { advice: 'Use an https address, or ask who runs this deployment to install the ssh client.', detail: 'There is no ssh on this machine.' },
  webhook_not_replayable: { advice: 'Wait until the worker is done with it; a webhook whose bytes were forgotten cannot be worked on again.', detail: 'The webhook is being worked on.' },
  integration_not_connected: { advice: 'Install the GitHub App for this repository, or connect your account first.', detail: 'No GitHub installation of your organization offers this repository. Install the GitHub App there, or give the installation access to it.' },
  integration_not_configured: { advice: 'Ask who runs this server to configure the integration.', detail: 'Signing in with Clerk is not configured here.' },
  stripe_error: { advice: 'Try again in a minute, with the same Idempotency-Key where you sent one.', detail: 'Stripe could not be reached (checkout.session).' },
  provider_timeout: { advice: 'Try again, or choose another model.', detail: 'anthropic gave no answer within 30 seconds. Try again later.', members: { latencyMs: { schema: { type: 'integer' }, about: 'How long we waited.', example: 30_000 } } },
  not_ready: { advice: 'Wait for `Retry-After` seconds; `checks` says what is missing.', detail: 'Failing: postgres.', members: { checks: { schema: { type: 'object', additionalProperties: { type: 'object', additionalProperties: true } }, about: 'By check: status and message.', example: { postgres: { status: 'down', message: 'no answer within a second' } } } }, headers: { 'Retry-After': '5' } },
  unavailable: { advice: 'Try again after `Retry-After` seconds, with the same Idempotency-Key where you sent one.', detail: 'A part that is needed does not answer now. Try again.', headers: { 'Retry-After': '1' } },
  request_timeout: { advice: 'Look whether it happened before you repeat it, or repeat it with the same Idempotency-Key.', detail: 'The answer took longer than 30 s. Look whether it happened before you repeat it.', headers: { 'Retry-After': '5' } },
  internal: { advice: 'Quote `requestId` when you report it; we have recorded what happened.', detail: 'The error was recorded; quote the request id when you report it.' },
};

export const PROBLEM_GROUPS: readonly { readonly title: string; readonly problems: Readonly<Record<string, ProblemAdvice>> }[] = [
  { title: 'Reading the request', problems: READING },
  { title: 'Who calls', problems: CALLER },
  { title: 'Credits, plans and limits', problems: MONEY },
  { title: 'Tasks, repositories and settings', problems: WORK },
  { title: 'Partners and availability', problems: PARTNERS },
];

export const PROBLEM_ADVICE: Readonly<Record<string, ProblemAdvice>> = Object.assign({}, ...PROBLEM_GROUPS.map(({ problems }) => problems)) as Record<string, ProblemAdvice>;
