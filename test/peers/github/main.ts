// node dist/test/peers/github/main.js [--port 0] [--data FOLDER]: prints one line with its URLs and the App's credentials and runs until its parent is gone.
import { fstatSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { startGithubPeer } from './github-peer';

const PARENT_CHECK_MS = 1_000;

async function main(): Promise<void> {
  const { values } = parseArgs({ options: { port: { type: 'string', default: '0' }, data: { type: 'string' } } });
  const peer = await startGithubPeer({ port: Number(values.port), ...(values.data === undefined ? {} : { dataFolder: values.data }) });
  const stop = (): void => void peer.stop().then(() => process.exit(0));
  process.once('SIGTERM', stop).once('SIGINT', stop);
  endWithParent(stop);
  const { url, apiUrl, appId, clientId, installationId, privateKey, webhookSecret } = peer;
  process.stdout.write(`${JSON.stringify({ peer: 'github', url, apiUrl, appId, clientId, installationId, privateKey, webhookSecret, clientSecret: peer.people.clientSecret })}\n`);
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
