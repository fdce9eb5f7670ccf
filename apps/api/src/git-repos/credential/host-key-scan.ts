import { AppConfig, AppError, ProgramNotFoundError, runProgram } from '@app/common';
import { SSH_UNAVAILABLE } from '@app/domain';
import { Injectable } from '@nestjs/common';
import { reachableAddress } from '../clone-url';
import { readHostKey, type HostKey } from './host-key';
import { HOST_KEY_UNREACHABLE } from './credential.errors';

const SCAN_MS = 15_000;
const MOST_KEYS = 10;
const SSH_PORT = '22';

/** Asks a server for the keys that it proves itself with. Nobody vouches for the answer: a person compares the fingerprints. */
@Injectable()
export class HostKeyScan {
  constructor(private readonly config: AppConfig) {}

  /** @throws {AppError} invalid_clone_url when the server is in a private network; ssh_unavailable, host_key_unreachable */
  async of(url: URL): Promise<HostKey[]> {
    const address = await reachableAddress(url, this.config.github.ALLOW_LOCAL_REPOSITORIES);
    const args = ['-T', '5', '-p', url.port || SSH_PORT, '-t', 'ed25519,ecdsa,rsa', '--', address];
    const { stdout } = await runProgram('ssh-keyscan', { args, env: { PATH: '/usr/bin:/bin', LC_ALL: 'C' }, cwd: '/', timeoutMs: SCAN_MS, maxOutputBytes: 65_536 }).catch((error: unknown) => {
      throw error instanceof ProgramNotFoundError ? new AppError(SSH_UNAVAILABLE, 'There is no ssh on this server to ask with. Send hostKeys yourself.') : error;
    });
    const keys = stdout.toString('utf8').split('\n').map((line) => readHostKey(line)).filter((key) => key !== null);
    if (keys.length === 0) throw new AppError(HOST_KEY_UNREACHABLE, 'The server showed no host key. Send hostKeys yourself, or see that it can be reached.');
    return keys.slice(0, MOST_KEYS);
  }
}
