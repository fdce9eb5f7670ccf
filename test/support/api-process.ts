import { spawn, type ChildProcess } from 'node:child_process';
import { createWriteStream } from 'node:fs';
import { join } from 'node:path';
import type { RunningQuickstart } from './quickstart';

const ROOT = join(__dirname, '../..');
const READY_MS = 60_000;

/** One more API of a house, with settings of its own; it ends with the test. */
export class ApiProcess {
  private constructor(
    private readonly child: ChildProcess,
    readonly url: string,
  ) {}

  static async start(house: RunningQuickstart, settings: Readonly<Record<string, string>> = {}): Promise<ApiProcess> {
    const child = spawn(process.execPath, ['--enable-source-maps', 'dist/apps/api/src/main.js'], { cwd: ROOT, env: { ...house.settings, API_PORT: '0', ...settings }, stdio: ['ignore', 'pipe', 'pipe'] });
    const log = createWriteStream(join(house.logFolder, 'more-api.log'));
    let text = '';
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (bytes: Buffer) => (log.write(bytes), (text += bytes.toString())));
    for (const end = Date.now() + READY_MS; child.exitCode === null && Date.now() < end; await new Promise((resolve) => setTimeout(resolve, 50))) {
      const url = /"url":"([^"]+)"[^\n]*"msg":"api listening"/.exec(text)?.[1] ?? /"msg":"api listening"[^\n]*"url":"([^"]+)"/.exec(text)?.[1];
      if (url !== undefined) return new ApiProcess(child, url);
    }
    child.kill('SIGKILL');
    throw new Error(`the API did not start:\n${text}`);
  }

  async stop(): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;
    const ended = new Promise((resolve) => this.child.once('exit', resolve));
    this.child.kill('SIGTERM');
    const timer = setTimeout(() => this.child.kill('SIGKILL'), 20_000);
    await ended;
    clearTimeout(timer);
  }
}
