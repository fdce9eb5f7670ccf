/** Bodies that work, by operation id: for the page, and for tests that need one good call of each route. Operations not named here get one made from their schema. */
export const REQUEST_EXAMPLES: Readonly<Record<string, object>> = {
  auth_register: { email: 'ada@example.com', password: 'orbit-velvet-canyon-42', displayName: 'Ada Lovelace' },
  auth_login: { email: 'ada@example.com', password: 'orbit-velvet-canyon-42' },
  auth_refresh: { refreshToken: 'acr_5s1d0c0e4b7a9a552f6d1c0e4b7a' },
  auth_logout: { all: false },
  users_update: { displayName: 'Ada Lovelace', timezone: 'Europe/London' },
  users_patch: { displayName: 'Ada Lovelace', timezone: 'Europe/London' },
  repositories_connect: { provider: 'git', cloneUrl: 'https://github.com/nodejs/undici.git', name: 'undici' },
  repositories_update: { defaultBranch: 'main', settings: { verifyCommands: ['npm test'], instructions: 'Keep functions short.' } },
  tasks_create: { repositoryId: '0199e2a4-6b1c-7c3e-9a55-2f6d1c0e4b7a', prompt: 'The test suite fails: fix the bug that makes it fail.', maxCredits: 50, tags: ['bug'] },
  tasks_update: { title: 'Fix the rounding of credits', tags: ['bug', 'billing'] },
  tasks_patch: { title: 'Fix the rounding of credits', tags: ['bug', 'billing'] },
  taskControl_cancel: { reason: 'No longer needed.' },
  taskControl_retry: { fromCheckpoint: true },
  taskControl_publish: { draft: true, title: 'Fix the rounding of credits' },
  taskConversation_send: { content: 'Please also handle the empty list.' },
  taskConversation_resume: { maxCredits: 80 },
};
