import { spawnSync } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { generateDeployKey, readDeployKey, type DeployKey } from './deploy-key';
import { readHostKey } from './host-key';

const folder = mkdtempSync(join(tmpdir(), 'deploy-key-'));
afterAll(() => rmSync(folder, { recursive: true }));
const hasSsh = spawnSync('which', ['ssh-keygen']).status === 0;
const textOf = ({ privateKey }: DeployKey): string => privateKey.use((text) => text);

/** What OpenSSH itself takes the private half for. */
function publicHalf(privateKey: string): string {
  const file = join(folder, 'key');
  rmSync(file, { force: true });
  writeFileSync(file, privateKey, { mode: 0o600 });
  const { stdout, stderr } = spawnSync('ssh-keygen', ['-y', '-P', '', '-f', file]);
  return stdout.toString().trim().split(' ').slice(0, 2).join(' ') || stderr.toString();
}

function read(text: string): DeployKey {
  const key = readDeployKey(text);
  if ('refused' in key) throw new Error(key.refused);
  return key;
}

describe('a deploy key', () => {
  it('that is generated is a pair, and another each time', () => {
    const [one, other] = [generateDeployKey(), generateDeployKey()];
    expect(one.publicKey).not.toBe(other.publicKey);
    expect(read(textOf(one)).publicKey).toBe(one.publicKey);
    if (hasSsh) expect(publicHalf(textOf(one))).toBe(one.publicKey);
    expect(JSON.stringify(one)).not.toContain('PRIVATE');
  });

  it.each([
    ['RSA', () => generateKeyPairSync('rsa', { modulusLength: 2_048 }).privateKey.export({ format: 'pem', type: 'pkcs8' }).toString()],
    ['RSA, PKCS#1', () => generateKeyPairSync('rsa', { modulusLength: 2_048 }).privateKey.export({ format: 'pem', type: 'pkcs1' }).toString()],
    ['ECDSA', () => generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({ format: 'pem', type: 'pkcs8' }).toString()],
    ['ECDSA 521', () => generateKeyPairSync('ec', { namedCurve: 'P-521' }).privateKey.export({ format: 'pem', type: 'sec1' }).toString()],
    ['Ed25519', () => generateKeyPairSync('ed25519').privateKey.export({ format: 'pem', type: 'pkcs8' }).toString().replace(/\n/g, '\r\n')],
  ])('as PEM is read: %s', (_kind, pem) => {
    const key = read(pem());
    if (hasSsh) expect(publicHalf(textOf(key))).toBe(key.publicKey);
    expect(readHostKey(key.publicKey)?.key).toBe(key.publicKey);
  });

  it('as ssh-keygen makes it is read, and refused with a passphrase', () => {
    if (!hasSsh) return void expect(hasSsh).toBe(false);
    for (const [phrase, type] of [['', 'ed25519'], ['', 'ecdsa'], ['secret phrase', 'ed25519']] as const) {
      const file = join(folder, `made-${type}-${phrase.length}`);
      expect(spawnSync('ssh-keygen', ['-q', '-t', type, '-N', phrase, '-f', file]).status).toBe(0);
      const key = readDeployKey(readFileSync(file, 'utf8'));
      if (phrase === '') expect(key).toMatchObject({ publicKey: readFileSync(`${file}.pub`, 'utf8').split(' ').slice(0, 2).join(' ') });
      else expect(key).toEqual({ refused: 'has a passphrase; give one without' });
    }
  });

  it.each([
    ['nothing', ''], ['words', 'hello'], ['an empty frame', '-----BEGIN OPENSSH PRIVATE KEY-----\n-----END OPENSSH PRIVATE KEY-----\n'], ['a cut one', textOf(generateDeployKey()).replace(/\n.{40}/, '\n')],
    ['a public one', generateDeployKey().publicKey], ['a weak one', generateKeyPairSync('rsa', { modulusLength: 1_024 }).privateKey.export({ format: 'pem', type: 'pkcs8' }).toString()],
    ['another kind', generateKeyPairSync('x25519').privateKey.export({ format: 'pem', type: 'pkcs8' }).toString()],
    ['an encrypted PEM', generateKeyPairSync('ed25519').privateKey.export({ format: 'pem', type: 'pkcs8', cipher: 'aes-256-cbc', passphrase: 'x' }).toString()],
  ])('is not %s', (_what, text) => {
    const refused = readDeployKey(text);
    expect(refused).toEqual({ refused: expect.any(String) as string });
    expect(JSON.stringify(refused).length).toBeLessThan(120);
  });
});

describe('a host key', () => {
  const { publicKey } = generateDeployKey();
  it.each([publicKey, `git.example.com ${publicKey}`, `[1.2.3.4]:22,x ${publicKey} comment`, ` ${publicKey}\n`])('is read, form %#', (text) => expect(readHostKey(text)?.key).toBe(publicKey));
  it.each(['', '# x', `@revoked * ${publicKey}`, `${publicKey}\nevil ${publicKey}`, publicKey.replace('ed25519', 'rsa'), publicKey.slice(0, 60), 'ssh-dss AAAAB3NzaC1kc3MAAACBAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA'])('is not form %#', (text) => expect(readHostKey(text)).toBeNull());
});
