// A model that costs nothing: OpenAI's Chat Completions and Anthropic's Messages over prepared bytes. The model's name says how many pieces: "pieces-500".
// `GET /sent` tells when the first answer of `bench-model` began since it was last asked.
import { createServer } from 'node:http';

const WORD = 'token and more ';
let sentAt = null;
const prepared = new Map();

const server = createServer((request, response) => {
  if (request.url === '/sent') {
    response.end(JSON.stringify({ sentAt }));
    sentAt = null;
    return;
  }
  if (request.method === 'GET') return void response.setHeader('content-type', 'application/json').end(JSON.stringify({ object: 'list', data: [{ id: 'bench-model', object: 'model' }] }));
  let size = 0;
  let head = '';
  request.on('data', (bytes) => {
    size += bytes.length;
    if (head.length < 2_000) head += bytes.toString('latin1');
  });
  request.on('end', () => answer(request.url, head, response));
});

function answer(url, body, response) {
  const model = /"model":\s*"([^"]+)"/.exec(body)?.[1] ?? 'pieces-3';
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  if (model === 'bench-model') return void speak(response);
  const pieces = Number(/\d+/.exec(model)?.[0] ?? 3);
  const wire = url.includes('/messages') ? 'anthropic' : 'openai';
  const key = `${wire} ${pieces}`;
  if (!prepared.has(key)) prepared.set(key, Buffer.from((wire === 'anthropic' ? anthropic : openai)(pieces)));
  response.end(prepared.get(key));
}

/** One piece, of which the moment is kept; the rest a little later, with the call that ends the task. */
function speak(response) {
  sentAt ??= performance.timeOrigin + performance.now();
  response.write(chat({ role: 'assistant', content: 'I look at it. ' }));
  setTimeout(() => {
    const args = JSON.stringify({ title: 'Done', summary: 'It works.', testing: 'None.', risks: 'None.' });
    response.end(chat({ tool_calls: [{ index: 0, id: `call_${Math.random().toString(36).slice(2)}`, type: 'function', function: { name: 'submit', arguments: args } }] }) + end('tool_calls', 10));
  }, 60);
}

function chat(delta, finish = null) {
  return `data: ${JSON.stringify({ id: 'chatcmpl-bench', object: 'chat.completion.chunk', created: 1_760_000_000, model: 'bench-model', choices: [{ index: 0, delta, finish_reason: finish }] })}\n\n`;
}

function end(finish, output) {
  const usage = { prompt_tokens: 100, completion_tokens: output, total_tokens: 100 + output };
  return `${chat({}, finish)}data: ${JSON.stringify({ id: 'chatcmpl-bench', object: 'chat.completion.chunk', created: 1_760_000_000, model: 'bench-model', choices: [], usage })}\n\ndata: [DONE]\n\n`;
}

function openai(pieces) {
  return Array.from({ length: pieces }, (_, n) => chat({ ...(n === 0 ? { role: 'assistant' } : {}), content: WORD })).join('') + end('stop', pieces);
}

function anthropic(pieces) {
  const event = (data) => `event: ${data.type}\ndata: ${JSON.stringify(data)}\n\n`;
  return [
    event({ type: 'message_start', message: { id: 'msg_bench', type: 'message', role: 'assistant', model: 'bench', content: [], stop_reason: null, stop_sequence: null, usage: { input_tokens: 100, output_tokens: 1 } } }),
    event({ type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } }),
    ...Array.from({ length: pieces }, () => event({ type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text: WORD } })),
    event({ type: 'content_block_stop', index: 0 }), event({ type: 'message_delta', delta: { stop_reason: 'end_turn', stop_sequence: null }, usage: { output_tokens: pieces } }), event({ type: 'message_stop' }),
  ].join('');
}

server.listen(0, '127.0.0.1', () => process.stdout.write(`${JSON.stringify({ url: `http://127.0.0.1:${server.address().port}` })}\n`));
