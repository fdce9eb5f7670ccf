import { Secret } from '@app/common';
import { createPrivateKey, createPublicKey, generateKeyPairSync, randomBytes, type KeyObject } from 'node:crypto';
import { sshNumber, SshReader, sshString } from './ssh-wire';

/** A key pair that a git remote lets in: the private half as ssh reads it, the public one as a forge takes it. */
export interface DeployKey {
  readonly privateKey: Secret;
  /** "ssh-ed25519 AAAA…" */
  readonly publicKey: string;
}

const MAGIC = 'openssh-key-v1\0';
const COMMENT = 'async-coder';
const CIPHER_BLOCK = 8;
const LEAST_RSA_BITS = 2_048;
const CURVES: Readonly<Record<string, string>> = { 'P-256': 'nistp256', 'P-384': 'nistp384', 'P-521': 'nistp521' };

/** A new Ed25519 pair. */
export function generateDeployKey(): DeployKey {
  return ofEd25519(generateKeyPairSync('ed25519').privateKey);
}

/** Reads a private key in OpenSSH's own form or as PEM. The reason, when it cannot be used, repeats nothing of it. */
export function readDeployKey(text: string): DeployKey | { readonly refused: string } {
  const trimmed = `${text.replace(/\r\n/g, '\n').trim()}\n`;
  try {
    return trimmed.startsWith('-----BEGIN OPENSSH PRIVATE KEY-----') ? ofOpenSsh(trimmed) : ofPem(trimmed);
  } catch (error) {
    return { refused: error instanceof Unusable ? error.message : 'is not a private key' };
  }
}

class Unusable extends Error {}

function ofOpenSsh(text: string): DeployKey {
  const body = /^-----BEGIN OPENSSH PRIVATE KEY-----\n([A-Za-z0-9+/=\n]+)-----END OPENSSH PRIVATE KEY-----\n$/.exec(text)?.[1] ?? '';
  const bytes = Buffer.from(body.replace(/\n/g, ''), 'base64');
  if (bytes.subarray(0, MAGIC.length).toString('latin1') !== MAGIC) throw new Unusable('is not a private key');
  const reader = new SshReader(bytes.subarray(MAGIC.length));
  if (reader.string().toString('latin1') !== 'none') throw new Unusable('has a passphrase; give one without');
  reader.string();
  reader.string();
  if (reader.uint32() !== 1) throw new Unusable('holds more than one key');
  const blob = reader.string();
  const secret = new SshReader(reader.string());
  if (secret.uint32() !== secret.uint32()) throw new Unusable('is damaged');
  const type = new SshReader(blob).string().toString('latin1');
  if (secret.string().toString('latin1') !== type) throw new Unusable('is damaged');
  if (!/^(?:ssh-ed25519|ecdsa-sha2-nistp\d{3}|ssh-rsa)$/.test(type)) throw new Unusable('is of a kind that is not taken; use Ed25519, ECDSA or RSA');
  return { privateKey: new Secret(text), publicKey: `${type} ${blob.toString('base64')}` };
}

function ofPem(text: string): DeployKey {
  if (/ENCRYPTED/.test(text)) throw new Unusable('has a passphrase; give one without');
  const key = createPrivateKey(text);
  // OpenSSH reads no other form of these.
  if (key.asymmetricKeyType === 'ed25519') return ofEd25519(key);
  const { kty, n, e, crv = '', x, y } = createPublicKey(key).export({ format: 'jwk' });
  if (kty === 'RSA') {
    const modulus = bytesOf(n);
    if (modulus.length * 8 < LEAST_RSA_BITS) throw new Unusable(`is an RSA key of less than ${LEAST_RSA_BITS} bits`);
    return { privateKey: pkcs1(key), publicKey: publicLine('ssh-rsa', [sshNumber(bytesOf(e)), sshNumber(modulus)]) };
  }
  const curve = CURVES[crv];
  if (kty !== 'EC' || curve === undefined) throw new Unusable('is of a kind that is not taken; use Ed25519, ECDSA or RSA');
  const point = Buffer.concat([Buffer.from([4]), bytesOf(x), bytesOf(y)]);
  return { privateKey: new Secret(key.export({ format: 'pem', type: 'sec1' }).toString()), publicKey: publicLine(`ecdsa-sha2-${curve}`, [sshString(curve), sshString(point)]) };
}

function pkcs1(key: KeyObject): Secret {
  return new Secret(key.export({ format: 'pem', type: 'pkcs1' }).toString());
}

function ofEd25519(key: KeyObject): DeployKey {
  const { d, x } = key.export({ format: 'jwk' });
  const [seed, point] = [bytesOf(d), bytesOf(x)];
  const blob = Buffer.concat([sshString('ssh-ed25519'), sshString(point)]);
  const check = randomBytes(4);
  const secret = Buffer.concat([check, check, sshString('ssh-ed25519'), sshString(point), sshString(Buffer.concat([seed, point])), sshString(COMMENT)]);
  const padding = Buffer.from(Array.from({ length: (CIPHER_BLOCK - (secret.length % CIPHER_BLOCK)) % CIPHER_BLOCK }, (_, n) => n + 1));
  const one = Buffer.from([0, 0, 0, 1]);
  const whole = Buffer.concat([Buffer.from(MAGIC, 'latin1'), sshString('none'), sshString('none'), sshString(''), one, sshString(blob), sshString(Buffer.concat([secret, padding]))]);
  const lines = whole.toString('base64').match(/.{1,70}/g) ?? [];
  const text = `-----BEGIN OPENSSH PRIVATE KEY-----\n${lines.join('\n')}\n-----END OPENSSH PRIVATE KEY-----\n`;
  return { privateKey: new Secret(text), publicKey: `ssh-ed25519 ${blob.toString('base64')}` };
}

function publicLine(type: string, parts: readonly Buffer[]): string {
  return `${type} ${Buffer.concat([sshString(type), ...parts]).toString('base64')}`;
}

function bytesOf(value: string | undefined): Buffer {
  if (value === undefined) throw new Unusable('is not a private key');
  return Buffer.from(value, 'base64url');
}
