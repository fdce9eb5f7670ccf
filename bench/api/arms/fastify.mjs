// Fastify and pg, with a schema for the serialiser.
import Fastify from 'fastify';
import { Backend, settings } from '../backend.mjs';
import { PAGE, TASK } from '../schema.mjs';

const backend = new Backend(settings());
const app = Fastify({ logger: false, keepAliveTimeout: 65_000 });

app.addHook('onRequest', async (request, reply) => {
  request.caller = await backend.caller(request.headers.authorization);
  if (!request.caller) reply.code(401).send({ code: 'unauthenticated' });
});

app.get('/api/v1/tasks', { schema: { response: { 200: PAGE } } }, (request) => backend.list(request.caller.organizationId));

app.get('/api/v1/tasks/:id', { schema: { response: { 200: TASK } } }, async (request, reply) => {
  const found = await backend.readObject(request.caller.organizationId, request.params.id);
  if (!found) return reply.code(404).send({ code: 'not_found' });
  reply.header('ETag', found.tag);
  return found.body;
});

const BODY = {
  type: 'object', additionalProperties: false, required: ['repositoryId', 'prompt'],
  properties: { repositoryId: { type: 'string' }, prompt: { type: 'string', minLength: 1, maxLength: 100_000 }, tags: { type: 'array', items: { type: 'string' } }, metadata: { type: 'object', additionalProperties: { type: 'string' } }, maxCredits: { type: 'number' } },
};

app.post('/api/v1/tasks', { schema: { body: BODY, response: { 201: TASK } } }, async (request, reply) => {
  const { id, tag, text } = await backend.create(request.caller, request.body, request.headers['idempotency-key']);
  reply.code(201).header('ETag', tag).header('Location', `/api/v1/tasks/${id}`).type('application/json; charset=utf-8').serializer((payload) => payload);
  return text;
});

await app.listen({ port: 0, host: '127.0.0.1' });
process.stdout.write(`${JSON.stringify({ url: `http://127.0.0.1:${app.server.address().port}` })}\n`);
