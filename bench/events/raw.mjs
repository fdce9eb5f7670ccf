// The least that reaches a browser from another process: Redis pub/sub in, one frame made, written to each reader.
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import { join } from 'node:path';

const { Redis } = createRequire(join(process.cwd(), 'package.json'))('ioredis');
const readers = new Set();
const server = createServer((_request, response) => {
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  response.write(': hello\n\n');
  readers.add(response);
  response.once('close', () => readers.delete(response));
});
const redis = new Redis(process.env.REDIS_URL);
await redis.subscribe('bench');
redis.on('message', (_channel, text) => {
  const { seq } = JSON.parse(text);
  const frame = `id: ${seq}\nevent: tool_result\ndata: ${text}\n\n`;
  for (const reader of readers) reader.write(frame);
});
server.listen(0, '127.0.0.1', () => process.stdout.write(`${JSON.stringify({ url: `http://127.0.0.1:${server.address().port}` })}\n`));
