import { createHmac } from 'node:crypto';
import { Secret } from '@app/common';
import { isSignedByGithub, webhookSecrets } from './github-signature';

const sign = (body: Buffer, secret: string): string => `sha256=${createHmac('sha256', secret).update(body).digest('hex')}`;

describe('isSignedByGithub', () => {
  it('agrees with the example of GitHub’s documentation', () => {
    const signature = 'sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17';
    expect(isSignedByGithub(Buffer.from('Hello, World!'), signature, ["It's a Secret to Everybody"])).toBe(true);
    expect(isSignedByGithub(Buffer.from('Hello, World?'), signature, ["It's a Secret to Everybody"])).toBe(false);
  });

  it('takes each secret that is in force, and bytes of any kind', () => {
    const body = Buffer.from([0x7b, 0xff, 0x00, 0x7d]);
    for (const secret of ['new', 'old']) expect(isSignedByGithub(body, sign(body, secret), ['new', 'old'])).toBe(true);
    expect(isSignedByGithub(body, sign(body, 'other'), ['new', 'old'])).toBe(false);
    expect(isSignedByGithub(body, sign(body, 'new'), [])).toBe(false);
  });

  it.each([undefined, '', 'sha256=', 'sha256=zz', `sha1=${'a'.repeat(40)}`, `SHA256=${'a'.repeat(64)}`, `sha256=${'a'.repeat(63)}`, `sha256=${'a'.repeat(64)} `])('refuses %p', (signature) => {
    expect(isSignedByGithub(Buffer.from('{}'), signature, ['secret'])).toBe(false);
  });
});

describe('webhookSecrets', () => {
  it('reads one, several, or none', () => {
    expect(webhookSecrets(new Secret(' one , two,'))).toEqual(['one', 'two']);
    expect(webhookSecrets(new Secret('one'))).toEqual(['one']);
    expect(webhookSecrets(undefined)).toEqual([]);
  });
});
