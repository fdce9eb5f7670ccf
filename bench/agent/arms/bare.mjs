// The least there can be: the vendor's SDK, and a shell for each command. Prints the clock after each step.
import { spawnSync } from 'node:child_process';
import OpenAI from 'openai';

const { url, mark } = JSON.parse(process.argv[2]);
const client = new OpenAI({ baseURL: `${url}/v1`, apiKey: 'sk-bench-0000000000000000', maxRetries: 2 });
const tools = [{ type: 'function', function: { name: 'bash', description: 'Run a command.', parameters: { type: 'object', properties: { command: { type: 'string' } }, required: ['command'] } } }];
const messages = [{ role: 'user', content: mark }];
const times = [];
for (;;) {
  const stream = await client.chat.completions.create({ model: 'bench-model', messages, tools, stream: true });
  const call = { id: '', args: '' };
  for await (const { choices } of stream) {
    const part = choices[0]?.delta?.tool_calls?.[0];
    if (part?.id) call.id = part.id;
    call.args += part?.function?.arguments ?? '';
  }
  if (call.id === '') break;
  messages.push({ role: 'assistant', content: null, tool_calls: [{ id: call.id, type: 'function', function: { name: 'bash', arguments: call.args } }] });
  const { command } = JSON.parse(call.args);
  const { stdout, status } = spawnSync('bash', ['-c', command ?? 'true'], { encoding: 'utf8' });
  messages.push({ role: 'tool', tool_call_id: call.id, content: `${stdout}[exit code ${status}]` });
  times.push(performance.now());
  if (command === undefined) break;
}
process.stdout.write(JSON.stringify({ times }));
