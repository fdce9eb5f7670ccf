// The floor: node:http and pg. It checks who calls and nothing else.
import { createServer } from 'node:http';
import { Backend, settings } from '../backend.mjs';

const backend = new Backend(settings());

const server = createServer((request, response) => {
  answer(request).then(
    ({ status, headers = {}, body, text = JSON.stringify(body) }) => {
      response.writeHead(status, { 'Content-Type': 'application/json; charset=utf-8', 'Content-Length': Buffer.byteLength(text), ...headers });
      response.end(text);
    },
    (error) => {
      process.stderr.write(`${error.stack}\n`);
      response.writeHead(500, { 'Content-Length': 0 }).end();
    },
  );
});

async function answer(request) {
  const caller = await backend.caller(request.headers.authorization);
  if (!caller) return { status: 401, body: { code: 'unauthenticated' } };
  const path = request.url.split('?', 1)[0];
  if (request.method === 'POST' && path === '/api/v1/tasks') return created(await backend.create(caller, JSON.parse(await textOf(request)), request.headers['idempotency-key']));
  if (path === '/api/v1/tasks') return { status: 200, body: await backend.list(caller.organizationId) };
  const found = path.startsWith('/api/v1/tasks/') ? await backend.readText(caller.organizationId, path.slice(14)) : null;
  return found ? { status: 200, headers: { ETag: found.tag }, text: found.text } : { status: 404, body: { code: 'not_found' } };
}

function created({ id, tag, text }) {
  return { status: 201, headers: { ETag: tag, Location: `/api/v1/tasks/${id}` }, text };
}

async function textOf(request) {
  let text = '';
  for await (const chunk of request.setEncoding('utf8')) text += chunk;
  return text;
}

server.listen(0, '127.0.0.1', () => process.stdout.write(`${JSON.stringify({ url: `http://127.0.0.1:${server.address().port}` })}\n`));
