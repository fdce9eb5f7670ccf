// node dist/test/peers/stripe/main.js [--port 0]: prints one line with its URL and keys and runs until its parent is gone.
import { fstatSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { startStripePeer } from './stripe-peer';

const PARENT_CHECK_MS = 1_000;

async function main(): Promise<void> {
  const { values } = parseArgs({ options: { port: { type: 'string', default: '0' } } });
  const peer = await startStripePeer({ port: Number(values.port) });
  const stop = (): void => void peer.stop().then(() => process.exit(0));
  process.once('SIGTERM', stop).once('SIGINT', stop);
  endWithParent(stop);
  const { url, secretKey, webhookSecret } = peer;
  process.stdout.write(`${JSON.stringify({ peer: 'stripe', url, secretKey, webhookSecret })}\n`);
}

/** A pipe on standard input closes with its other end; without one, a changed parent tells. */
function endWithParent(stop: () => void): void {
  const input = fstatSync(0);
  if (input.isFIFO() || input.isSocket()) process.stdin.on('end', stop).on('error', stop).resume();
  const parent = process.ppid;
  setInterval(() => process.ppid !== parent && stop(), PARENT_CHECK_MS).unref();
}

main().catch((error: unknown) => {
  process.stderr.write(`${String(error)}\n`);
  process.exit(1);
});
