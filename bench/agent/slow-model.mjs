// A model that thinks for half a second and then wants a command, again and again: Chat Completions. How far a task is it reads from the request.
import { createServer } from 'node:http';

const [, , waitMs, steps, command] = process.argv;
const chunk = (delta, finish = null) => `data: ${JSON.stringify({ id: 'chatcmpl-bench', object: 'chat.completion.chunk', created: 1_760_000_000, model: 'bench-model', choices: [{ index: 0, delta, finish_reason: finish }] })}\n\n`;
const usage = `data: ${JSON.stringify({ id: 'chatcmpl-bench', object: 'chat.completion.chunk', created: 1_760_000_000, model: 'bench-model', choices: [], usage: { prompt_tokens: 100, completion_tokens: 10, total_tokens: 110 } })}\n\ndata: [DONE]\n\n`;
let calls = 0;

const server = createServer((request, response) => {
  if (request.url === '/calls') return void response.end(JSON.stringify({ calls }));
  if (request.method === 'GET') return void response.setHeader('content-type', 'application/json').end(JSON.stringify({ object: 'list', data: [{ id: 'bench-model', object: 'model' }] }));
  let body = '';
  request.setEncoding('latin1').on('data', (text) => (body += text));
  request.on('end', () => {
    const done = body.split('"role":"tool"').length - 1;
    const [name, args] = done < Number(steps) ? ['bash', { command: `${command} # ${done}` }] : ['submit', { title: 'Done', summary: 'It works.', testing: 'None.', risks: 'None.' }];
    setTimeout(() => {
      calls += 1;
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.end(chunk({ role: 'assistant', tool_calls: [{ index: 0, id: `call_${calls}_${done}`, type: 'function', function: { name, arguments: JSON.stringify(args) } }] }) + chunk({}, 'tool_calls') + usage);
    }, Number(waitMs));
  });
});
server.listen(0, '127.0.0.1', () => process.stdout.write(`${JSON.stringify({ url: `http://127.0.0.1:${server.address().port}` })}\n`));
