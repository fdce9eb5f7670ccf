/** Texts and numbers of examples by field name, for fields that give none themselves. */
export const SAMPLE_BY_NAME: Readonly<Record<string, unknown>> = {
  accessToken: 'eyJhbGciOiJIUzI1NiIsImtpZCI6IjEifQ.eyJzdWIiOiIwMTk5ZTJhNCJ9.q3Zt…', refreshToken: 'acr_5s1d0c0e4b7a9a552f6d1c0e4b7a', tokenType: 'Bearer', expiresIn: 900,
  email: 'ada@example.com', password: 'orbit-velvet-canyon-42', username: 'ada', displayName: 'Ada Lovelace', firstName: 'Ada', lastName: 'Lovelace', bio: 'Writes programs for machines that do not exist yet.',
  location: 'London', websiteUrl: 'https://ada.example.com', company: 'Analytical Engines', timezone: 'Europe/London', locale: 'en-GB', avatarUrl: 'https://avatars.example.com/ada.png', login: 'ada',
  name: 'sample', slug: 'acme', fullName: 'acme/sample', owner: 'acme', url: 'https://github.com/acme/sample', cloneUrl: 'https://github.com/acme/sample.git', defaultBranch: 'main', branch: 'main', targetBranch: 'main',
  workBranch: 'async-coder/0199e2a4-6b1c-7c3e-9a55-2f6d1c0e4b7a', language: 'TypeScript', githubId: '812345678', installationId: '51234567', accountLogin: 'acme', accountId: '912345',
  baseSha: '5b1f6c0e4b7a9a552f6d1c0e4b7a0199e2a46b1c', headSha: '0e4b7a9a552f6d1c0e4b7a0199e2a46b1c5b1f6c', sha: '5b1f6c0e4b7a9a552f6d1c0e4b7a0199e2a46b1c',
  sha256: '9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08', title: 'Fix the failing test', prompt: 'The test suite fails: fix the bug that makes it fail.', description: 'Reported by a customer.', summary: 'One bug fixed, all tests pass.',
  content: 'Please also handle the empty list.', message: 'The checks did not pass.', reason: 'No longer needed.', detail: 'What happened here.', code: 'verification_failed', body: 'Fixes the rounding of credits.', text: 'Done.',
  model: 'claude-sonnet-5', requestedModel: 'auto', provider: 'anthropic', mediaType: 'text/x-patch', file: 'src/round.ts', path: 'src/round.ts', oldPath: 'src/rounding.ts', command: 'npm test', setupCommand: 'npm ci', header: 'export function round',
  currency: 'usd', costUsd: '0.149', totalCostUsd: '1.49', commit: '5b1f6c0', version: '0.1.0', events: '/api/v1/tasks/0199e2a4-6b1c-7c3e-9a55-2f6d1c0e4b7a/events', logs: '/api/v1/tasks/0199e2a4-6b1c-7c3e-9a55-2f6d1c0e4b7a/logs',
  results: '/api/v1/tasks/0199e2a4-6b1c-7c3e-9a55-2f6d1c0e4b7a/results', self: '/api/v1/tasks/0199e2a4-6b1c-7c3e-9a55-2f6d1c0e4b7a', statusReason: 'user_request', tag: 'bug', tags: ['bug'], instructions: 'Keep functions short.',
  verifyCommands: ['npm test'], ipAddress: '203.0.113.7', userAgent: 'Mozilla/5.0', nextCursor: null, lines: [' const a = 1;', '-return a;', '+return a + 1;'],
  callbackUrl: 'https://ci.example.com/hooks/async-coder', q: 'round', idOrName: 'claude-sonnet-5', action: 'task.created', requestId: 'req_a1b2c3d4e5f6g7h8', keyPreview: 'sk-ant-…abcd', keyLast4: 'abcd',
  available: 3.5, availableMicros: 3_500_000, held: 1.2, heldMicros: 1_200_000, used: 14.9, usedMicros: 14_900_000, credits: 14.9, creditsMicros: 14_900_000, balance: 4.7, balanceMicros: 4_700_000, debt: 0, debtMicros: 0,
  remaining: 100, remainingMicros: 100_000_000, maxCredits: 50, amount: 2_000, contextWindow: 200_000, maxOutputTokens: 64_000, maxInputTokens: 180_000, inputTokens: 12_000, outputTokens: 800, latencyMs: 812, durationMs: 812,
  timeoutSeconds: 1_800, sizeBytes: 4_096, progress: 60, exitCode: 0, limit: 20,
};
