import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { existsSync, mkdirSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, connect } from 'node:net';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';

const SSHD = ['/usr/sbin/sshd', '/usr/local/sbin/sshd'].find((path) => existsSync(path)) ?? null;
const START_MS = 10_000;

/** Why no ssh server can be started here; null: one can. */
export function whyNoSshd(): string | null {
  if (SSHD === null) return 'sshd (Debian: openssh-server) is not installed';
  return ['ssh', 'ssh-keygen'].every((program) => spawnSync('which', [program]).status === 0) ? null : 'ssh is not installed';
}

/** A real OpenSSH server on this machine that lets in whoever holds one of its keys. */
export class SshServer {
  private constructor(
    readonly folder: string,
    readonly port: number,
    private child: ChildProcess,
  ) {}

  /** `authorized`: public keys that are let in. */
  static async start(authorized: readonly string[]): Promise<SshServer> {
    const folder = await mkdtemp(join(tmpdir(), 'ssh-server-'));
    // Where it was installed without being started, its empty folder is missing.
    if (userInfo().uid === 0) mkdirSync('/run/sshd', { recursive: true });
    const port = await freePort();
    makeHostKey(folder);
    await writeFile(join(folder, 'authorized_keys'), `${authorized.join('\n')}\n`, { mode: 0o600 });
    await writeFile(join(folder, 'config'), configOf(folder, port));
    const server = new SshServer(folder, port, launch(folder));
    await server.ready();
    return server;
  }

  /** "ssh-ed25519 AAAA…" */
  async hostKey(): Promise<string> {
    return (await readFile(join(this.folder, 'host_key.pub'), 'utf8')).split(' ').slice(0, 2).join(' ');
  }

  /** The address of a repository of this machine. */
  url(path: string): string {
    return `ssh://${userInfo().username}@127.0.0.1:${this.port}${path}`;
  }

  async authorize(...keys: readonly string[]): Promise<void> {
    await writeFile(join(this.folder, 'authorized_keys'), `${keys.join('\n')}\n`, { mode: 0o600 });
  }

  /** Another server answers at the same address from now on. */
  async changeHostKey(): Promise<void> {
    await this.end();
    await rm(join(this.folder, 'host_key'));
    await rm(join(this.folder, 'host_key.pub'));
    makeHostKey(this.folder);
    this.child = launch(this.folder);
    await this.ready();
  }

  async stop(): Promise<void> {
    await this.end();
    await rm(this.folder, { recursive: true, force: true });
  }

  private async end(): Promise<void> {
    const ended = new Promise((resolve) => this.child.once('exit', resolve));
    if (this.child.exitCode === null) {
      this.child.kill('SIGTERM');
      await ended;
    }
  }

  private async ready(): Promise<void> {
    for (const until = Date.now() + START_MS; Date.now() < until; ) {
      if (await answers(this.port)) return;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    throw new Error(`sshd did not start: ${await readFile(join(this.folder, 'log'), 'utf8').catch(() => 'no log')}`);
  }
}

function configOf(folder: string, port: number): string {
  return [
    `Port ${port}`, 'ListenAddress 127.0.0.1', `HostKey ${join(folder, 'host_key')}`, `AuthorizedKeysFile ${join(folder, 'authorized_keys')}`, `PidFile ${join(folder, 'pid')}`, 'StrictModes no', 'UsePAM no',
    'PermitRootLogin prohibit-password', 'PasswordAuthentication no', 'KbdInteractiveAuthentication no', 'PubkeyAuthentication yes', 'AllowAgentForwarding yes', 'LogLevel VERBOSE', '',
  ].join('\n');
}

function launch(folder: string): ChildProcess {
  return spawn(SSHD ?? 'sshd', ['-D', '-f', join(folder, 'config'), '-E', join(folder, 'log')], { stdio: 'ignore' });
}

function makeHostKey(folder: string): void {
  const made = spawnSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', 'host', '-f', join(folder, 'host_key')]);
  if (made.status !== 0) throw new Error(`no host key: ${made.stderr.toString()}`);
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer().once('error', reject).listen(0, '127.0.0.1', () => {
      const { port } = probe.address() as { port: number };
      probe.close(() => resolve(port));
    });
  });
}

function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('data', () => resolve(true)).once('error', () => resolve(false)).once('close', () => resolve(false));
    socket.setTimeout(1_000, () => socket.destroy());
    socket.on('data', () => socket.destroy());
  });
}
