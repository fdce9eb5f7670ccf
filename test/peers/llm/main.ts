// node dist/test/peers/llm/main.js [--port 0] [--pace 0]: prints {"peer":"llm","url":"…"} and runs until its parent is gone.
import { fstatSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { startLlmPeer } from './llm-peer';

const PARENT_CHECK_MS = 1_000;

async function main(): Promise<void> {
  const { values } = parseArgs({ options: { port: { type: 'string', default: '0' }, pace: { type: 'string', default: '0' } } });
  const peer = await startLlmPeer({ port: Number(values.port), paceMs: Number(values.pace) });
  const stop = (): void => void peer.stop().then(() => process.exit(0));
  process.once('SIGTERM', stop).once('SIGINT', stop);
  endWithParent(stop);
  process.stdout.write(`${JSON.stringify({ peer: 'llm', url: peer.url })}\n`);
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
