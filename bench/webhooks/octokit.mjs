// @octokit/webhooks as its documentation has it, with a row for each delivery before the answer.
import { createServer } from 'node:http';
import { createNodeMiddleware, Webhooks } from '@octokit/webhooks';
import pg from 'pg';

const pool = new pg.Pool({ connectionString: process.env.DATABASE_URL, max: 16 });
const webhooks = new Webhooks({ secret: process.env.SECRET, log: { debug() {}, info() {}, warn() {}, error: console.error } });
webhooks.onAny(async ({ id, name, payload }) => {
  await pool.query({ name: 'keep', text: 'INSERT INTO bench_webhooks (id, event, payload) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING', values: [id, name, JSON.stringify(payload)] });
});
const server = createServer(createNodeMiddleware(webhooks, { path: '/api/v1/webhooks/github' }));
server.listen(0, '127.0.0.1', () => process.stdout.write(`${JSON.stringify({ url: `http://127.0.0.1:${server.address().port}` })}\n`));
