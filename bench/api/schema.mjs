// JSON schemas of the answers, for Fastify's serialiser.
const text = { type: 'string' };
const integer = { type: 'integer' };
const number = { type: 'number' };
const maybe = (schema) => ({ ...schema, nullable: true });
const time = { type: ['string', 'null'], format: 'date-time' };
const object = (properties) => ({ type: 'object', properties });

const SUMMARY = {
  id: text, mode: text, title: text, description: maybe(text), status: text, statusReason: maybe(text), progress: integer, priority: text,
  repository: object({ id: text, fullName: text }), model: maybe(object({ id: text, name: text })), requestedModel: text, branch: text, baseSha: maybe(text), targetBranch: text, workBranch: maybe(text),
  sourcePullRequestNumber: maybe(integer), pullRequest: maybe(object({ id: text, number: integer, url: text, status: text })),
  verification: maybe(object({ status: text, checks: { type: 'array', items: object({ name: text, command: text, phase: text, exitCode: maybe(integer), durationMs: integer, status: text, alreadyFailing: { type: 'boolean' } }) } })),
  planStatus: maybe(text), attempt: maybe(object({ number: integer, status: text, stage: text, startedAt: time })), attemptCount: integer, maxAttempts: integer,
  queue: maybe(object({ position: integer, estimatedStartAt: time })), source: text, sourceIssueNumber: maybe(integer), parentTaskId: maybe(text), forkedFromTaskId: maybe(text), candidates: maybe(integer), chosenTaskId: maybe(text),
  scheduledAt: time, deadlineAt: time, estimatedCredits: maybe(number), maxCredits: maybe(number), credits: object({ used: number, held: number, usedMicros: integer, heldMicros: integer }),
  usage: object({ modelCalls: integer, inputTokens: integer, cacheReadTokens: integer, cacheWriteTokens: integer, outputTokens: integer, reasoningTokens: integer, costUsd: text }),
  error: maybe(object({ code: text, message: text })), tags: { type: 'array', items: text }, callbackUrl: maybe(text), createdBy: object({ id: text, username: text }),
  cancelRequestedAt: time, pauseRequestedAt: time, archivedAt: time, createdAt: time, updatedAt: time, queuedAt: time, startedAt: time, completedAt: time,
  links: object({ self: text, events: text, logs: text, results: text }),
};

export const TASK = object({ ...SUMMARY, prompt: text, options: { type: 'object', additionalProperties: true }, metadata: { type: 'object', additionalProperties: true } });
export const PAGE = object({ data: { type: 'array', items: object(SUMMARY) }, nextCursor: maybe(text) });
