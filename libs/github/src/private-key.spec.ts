import { generateKeyPairSync } from 'node:crypto';
import { privateKeyPem } from './private-key';

const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
const pkcs1 = privateKey.export({ type: 'pkcs1', format: 'pem' }).toString();
const pkcs8 = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();

describe('privateKeyPem', () => {
  it.each([
    ['PKCS#1', pkcs1], ['PKCS#8', pkcs8], ['with escapes', pkcs1.replace(/\n/g, '\\n')], ['with Windows escapes', pkcs8.replace(/\n/g, '\\r\\n')],
    ['as base64', Buffer.from(pkcs1).toString('base64')], ['as base64 in lines', Buffer.from(pkcs8).toString('base64').replace(/(.{64})/g, '$1\n')],
  ])('reads a key %s', (_, value) => {
    expect(privateKeyPem(value)).toBe(pkcs8);
  });

  it('refuses what is no key without repeating it', () => {
    const secret = pkcs8.slice(40, 90);
    for (const value of [secret, pkcs8.replace(secret, 'x'), Buffer.from('nothing').toString('base64')]) {
      expect(() => privateKeyPem(value)).toThrow(/GITHUB_APP_PRIVATE_KEY is not a private key/);
      expect(() => privateKeyPem(value)).not.toThrow(secret);
    }
  });

  it('refuses a key that GitHub could not have made', () => {
    const other = generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
    expect(() => privateKeyPem(other)).toThrow('GITHUB_APP_PRIVATE_KEY is not an RSA key');
  });
});
