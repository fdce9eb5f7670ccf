import { createPrivateKey, type KeyObject } from 'node:crypto';

/**
 * An App's private key as PKCS#8 PEM, whatever form it was handed over in: PEM, PEM with `\n` escapes in one line, or base64 of a PEM.
 * @throws {Error} when it is none of them; the message holds nothing of the key.
 */
export function privateKeyPem(value: string): string {
  const key = readKey(looksLikePem(value) ? value : Buffer.from(value.trim(), 'base64').toString('utf8'));
  if (key.asymmetricKeyType !== 'rsa') throw new Error('GITHUB_APP_PRIVATE_KEY is not an RSA key');
  return key.export({ type: 'pkcs8', format: 'pem' }).toString();
}

function looksLikePem(value: string): boolean {
  return value.includes('-----BEGIN ');
}

function readKey(text: string): KeyObject {
  try {
    return createPrivateKey(text.replace(/\\r/g, '').replace(/\\n/g, '\n').trim());
  } catch {
    throw new Error('GITHUB_APP_PRIVATE_KEY is not a private key: give a PEM, a PEM with \\n escapes, or base64 of a PEM');
  }
}
