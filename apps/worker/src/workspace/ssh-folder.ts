import { existsSync } from 'node:fs';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { SshCredentials } from './git-credentials';

/** A file system that lies in memory: a key in it reaches no disk. */
const IN_MEMORY = '/dev/shm';
const PREFIX = 'async-coder-ssh-';
/** What the command is made of stands in a line that git gives to a shell. */
const PLAIN_PATH = /^[A-Za-z0-9/_.-]+$/;

/** The server that ssh shall reach: the name that its key belongs to, and the address that was looked at. */
export interface SshServer {
  readonly host: string;
  readonly address: string;
  readonly port: number;
}

/** Key, known host and settings of one git process, and of nobody else; gone when it ends. */
export class SshFolder {
  private constructor(private readonly folder: string) {}

  static async make(credentials: SshCredentials, server: SshServer): Promise<SshFolder> {
    const parent = existsSync(IN_MEMORY) ? IN_MEMORY : tmpdir();
    await removeOrphans(parent);
    const folder = await mkdtemp(join(parent, `${PREFIX}${process.pid}-`));
    if (!PLAIN_PATH.test(folder)) throw new Error(`not usable for ssh: ${folder}`);
    const made = new SshFolder(folder);
    try {
      const write = (name: string, text: string): Promise<void> => writeFile(join(folder, name), text, { mode: 0o600, flag: 'wx' });
      await credentials.privateKey.use((key) => write('key', key.endsWith('\n') ? key : `${key}\n`));
      await write('known_hosts', credentials.hostKeys.map((key) => `${aliasOf(server)} ${key}\n`).join(''));
      await write('config', configOf(folder, server));
      return made;
    } catch (error) {
      await made.remove();
      throw error;
    }
  }

  /** git gives the command to a shell; nothing in it is anybody's but ours. */
  get env(): Readonly<Record<string, string>> {
    return { GIT_SSH_COMMAND: `ssh -F ${join(this.folder, 'config')}`, GIT_SSH_VARIANT: 'ssh' };
  }

  remove(): Promise<void> {
    return rm(this.folder, { recursive: true, force: true });
  }
}

function configOf(folder: string, server: SshServer): string {
  return [
    'Host *', `HostName ${server.address}`, `Port ${server.port}`, `HostKeyAlias ${aliasOf(server)}`, `IdentityFile ${join(folder, 'key')}`, 'IdentitiesOnly yes', 'IdentityAgent none',
    `UserKnownHostsFile ${join(folder, 'known_hosts')}`, 'GlobalKnownHostsFile /dev/null', 'StrictHostKeyChecking yes', 'CheckHostIP no', 'UpdateHostKeys no', 'VerifyHostKeyDNS no',
    'BatchMode yes', 'PreferredAuthentications publickey', 'PasswordAuthentication no', 'KbdInteractiveAuthentication no', 'ForwardAgent no', 'ForwardX11 no', 'ClearAllForwardings yes', 'PermitLocalCommand no',
    'ProxyCommand none', 'ControlMaster no', 'ControlPath none', 'CanonicalizeHostname no', 'ConnectTimeout 15', 'ServerAliveInterval 15', 'ServerAliveCountMax 4', 'LogLevel ERROR', '',
  ].join('\n');
}

/** As known_hosts names a server. */
function aliasOf({ host, port }: SshServer): string {
  return port === 22 ? host : `[${host}]:${port}`;
}

/** A worker that was killed leaves its folders behind. */
async function removeOrphans(parent: string): Promise<void> {
  for (const name of await readdir(parent)) {
    const pid = new RegExp(`^${PREFIX}(\\d+)-`).exec(name)?.[1];
    if (pid !== undefined && !existsSync(`/proc/${pid}`)) await rm(join(parent, name), { recursive: true, force: true });
  }
}
