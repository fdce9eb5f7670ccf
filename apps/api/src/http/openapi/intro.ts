/** The text above the operations, in Markdown. */
export const INTRO = `Hand a coding task to an AI agent, walk away, come back to a verified pull request.

\`\`\`sh
curl $HOST/api/v1/auth/login --json '{"email":"ada@example.com","password":"…"}'
curl $HOST/api/v1/tasks -H "authorization: Bearer $TOKEN" -H "idempotency-key: $(uuidgen)" \\
     --json '{"repositoryId":"…","prompt":"Fix the failing test."}'
curl -N $HOST/api/v1/tasks/$ID/events -H "authorization: Bearer $TOKEN" -H 'accept: text/event-stream'
\`\`\`

### Who you are
Send \`Authorization: Bearer …\` with one of three: an **access token** (from login or register, 15 minutes, renewed with the refresh token), a **Clerk session token**, or a **personal access token** (\`ac_pat_…\`, for scripts; it can do what its scopes name and belongs to one organization). Each operation says which it takes, which role it needs and which scope.
You act in your default organization unless \`X-Organization-Id\` names another one of yours. What is missing and what belongs to others answer the same \`404\`.

### Errors
Every error is an RFC 9457 problem (\`application/problem+json\`) with a stable \`code\`; its \`type\` is [a page that says what to do](/problems). \`400\`: the request cannot be read. \`422\`: it can be read, but values of the body are wrong; \`errors\` points at each. \`409\`: the state forbids it now. Every answer has an \`X-Request-Id\`: quote it when you ask for help.

### Lists
\`{ "data": […], "nextCursor": "…" }\` with \`limit\` (1-100, default 20), \`order\` and \`cursor\`; \`Link: <…>; rel="next"\` says the same. A cursor is opaque and bound to its filters.

### Repeating safely
Send an \`Idempotency-Key\` with a POST: for 24 hours the same call with the same key gets the first answer again, byte for byte, with \`Idempotency-Replayed: true\`. Read before you write: single resources carry an \`ETag\`; send it as \`If-Match\` and a change of somebody else in between answers \`412\`. PUT merges the fields that are sent; PATCH is the same.

### Limits
\`RateLimit\` and \`RateLimit-Policy\` on every answer tell what is left; \`429\` and \`503\` carry \`Retry-After\`. Bodies: 100 KB, 1 MB where prompts are sent; JSON at most 20 deep with 1,000 keys. Unknown fields and parameters are refused, so that a typing error is not silence.

### Values
Ids are UUIDs, times RFC 3339 in UTC, credits numbers with at most 6 decimals beside exact \`…Micros\`, dollars decimal text. Texts hold no NUL character and no half surrogate pairs. Answers may get new fields: ignore what you do not know.`;
