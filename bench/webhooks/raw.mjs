// The least: the signature over the raw bytes, and nothing kept.
import { createHmac, timingSafeEqual } from 'node:crypto';
import { createServer } from 'node:http';

const { SECRET } = process.env;
const server = createServer((request, response) => {
  const pieces = [];
  request.on('data', (bytes) => pieces.push(bytes));
  request.on('end', () => {
    const expected = Buffer.from(`sha256=${createHmac('sha256', SECRET).update(Buffer.concat(pieces)).digest('hex')}`);
    const given = Buffer.from(request.headers['x-hub-signature-256'] ?? '');
    const isSigned = given.length === expected.length && timingSafeEqual(given, expected);
    response.writeHead(isSigned ? 202 : 401, { 'Content-Length': 0 }).end();
  });
});
server.listen(0, '127.0.0.1', () => process.stdout.write(`${JSON.stringify({ url: `http://127.0.0.1:${server.address().port}` })}\n`));
