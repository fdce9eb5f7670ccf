import { redact, secretForms } from '@app/common';
import { formsOf } from '../../../../test/support/secret-forms';
import { scanForSecrets } from './secret-scan';

const letters = (length: number): string => Array.from({ length }, (_, n) => 'aB3dE6gH9jK2mN5pQ8sT1vW4yZ7cF0xL'[(n * 7 + length) % 32]).join('');

/** Made up here, and put together so that nobody finds them in this file. */
const CREDENTIALS: Readonly<Record<string, string>> = {
  'GitHub personal': `gh${'p_'}${letters(36)}`,
  'GitHub installation': `gh${'s_'}${letters(36)}`,
  'GitHub installation, new form': `gh${'s_'}123456_ey${'J'}${letters(40)}.ey${'J'}${letters(60)}.${letters(43)}`,
  'GitHub fine-grained': `github_${'pat_'}${letters(22)}_${letters(59)}`,
  'GitLab': `gl${'pat'}-${letters(20)}`,
  'Anthropic': `sk-${'ant'}-api03-${letters(80)}`,
  'OpenAI project': `sk-${'proj'}-${letters(60)}`,
  'AWS access key': `AK${'IA'}QWERTYUIOPASDFGH`,
  'Google': `AI${'za'}${letters(35)}`,
  'Slack bot': `xo${'xb'}-123456789012-123456789012-${letters(24)}`,
  'Slack user': `xo${'xp'}-123456789012-123456789012-${letters(24)}`,
  'Stripe': `sk_${'live'}_${letters(24)}`,
  'npm': `np${'m_'}${letters(36)}`,
  'platform': `ac_${'pat'}_${letters(32)}`,
  'JSON web token': `ey${'J'}hbGciOiJIUzI1NiJ9.ey${'J'}zdWIiOiIxMjM0NTY3ODkwIn0.${letters(43)}`,
  'password in an address': `postgres://app:${letters(16)}@db.internal:5432/app`,
};
const PEM = `-----BEGIN RSA ${'PRIVATE'} KEY-----\nMIIEowIBAAKCAQEA${letters(48)}\n${letters(64)}\n-----END RSA ${'PRIVATE'} KEY-----`;
const patch = (line: string): string => `diff --git a/x b/x\n--- a/x\n+++ b/x\n@@ -1 +1,2 @@\n context\n+${line}\n`;

describe.each(Object.entries(CREDENTIALS))('a credential: %s', (_, secret) => {
  it('is found in a change, a title and a body', () => {
    expect(scanForSecrets({ patch: patch(`const key = "${secret}";`), title: '', body: '' })).toMatchObject([{ where: 'patch', line: 6 }]);
    expect(scanForSecrets({ patch: '', title: `Use ${secret} here`, body: '' })).toMatchObject([{ where: 'title' }]);
    expect(scanForSecrets({ patch: '', title: '', body: `One.\n\n- \`${secret}\`\n` })).toMatchObject([{ where: 'body', line: 3 }]);
  });

  it('is shown in part only, and taken out of logs and outputs', () => {
    const [found] = scanForSecrets({ patch: patch(secret), title: '', body: '' });
    expect(found!.excerpt).not.toContain(secret.slice(0, 12));
    const password = /:([^:@]+)@/.exec(secret)?.[1] ?? secret;
    for (const text of [secret, `key=${secret}\n`, JSON.stringify({ secret }), `> ${secret} <`]) expect(redact(text)).not.toContain(password);
  });
});

it('a private key is found, and taken out of logs in one line or many', () => {
  expect(scanForSecrets({ patch: patch(PEM.split('\n')[0]!), title: '', body: '' })).toMatchObject([{ kind: 'private key' }]);
  for (const text of [PEM, JSON.stringify({ PEM }), PEM.split('-----END')[0]!]) expect(redact(`before ${text} after`)).not.toContain(letters(48));
});

describe('a secret of this task', () => {
  const secret = 'p4ss/wörd+"of the" house?=1';

  it('is known in every form that others look for', () => {
    const known = secretForms(secret);
    for (const form of formsOf(secret)) expect(known).toContain(form);
  });

  it.each([...new Set(secretForms(secret))].map((form) => [form]))('is found and taken out as %j', (form) => {
    expect(scanForSecrets({ patch: patch(`x = ${form}`), title: '', body: '', values: [secret] })).toMatchObject([{ kind: 'secret of this task' }]);
    expect(scanForSecrets({ patch: '', title: form.replaceAll('\n', ' '), body: '', values: [secret] })).toHaveLength(1);
    expect(redact(`out: ${form} end`, [secret])).toBe('out: [redacted] end');
  });

  it.each([0, 1, 2])('is found within the base64 of more, %d bytes behind its begin', (offset) => {
    const text = Buffer.from(`${'x'.repeat(offset)}${secret} and more`).toString('base64');
    expect(scanForSecrets({ patch: '', title: '', body: text, values: [secret] })).toHaveLength(1);
    expect(redact(text, [secret])).toContain('[redacted]');
  });

  it('is nothing when it is too short to be told from other text', () => {
    expect(scanForSecrets({ patch: patch('abc'), title: 'abc', body: 'abc', values: ['abc', ''] })).toEqual([]);
    expect(redact('abc', ['abc', ''])).toBe('abc');
  });
});

describe('a random value', () => {
  const random = 'q7Zk2Vx9Lm4Tn8Rb1Wc6Yd3Hs5Jf0Gp';

  it.each([`API_SECRET = "${random}"`, `  "accessToken": '${random}',`, `password: \`${random}\``, `private_key_id => "${random}"`])('given to a secret is found: %s', (line) => {
    expect(scanForSecrets({ patch: patch(line), title: '', body: '' })).toMatchObject([{ kind: 'random value given to a secret' }]);
  });

  it.each([
    `const hash = "${random}";`, 'token = "your-token-goes-here-please-do"', 'secret: "example-q7Zk2Vx9Lm4Tn8Rb1Wc6Yd"', 'password = process.env["DATABASE_PASSWORD_OF_THE_APP"]', 'apiKey: "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa1"',
    'secretName: "projects/our-project/secrets/the-database"', '"integrity": "sha512-q7Zk2Vx9Lm4Tn8Rb1Wc6Yd3Hs5Jf0Gp=="', 'tokenize("q7Zk2Vx9Lm4Tn8Rb1Wc6Yd3Hs5Jf0Gp")',
  ])('that is no secret is let through: %s', (line) => expect(scanForSecrets({ patch: patch(line), title: '', body: '' })).toEqual([]));

  it('is looked for in little time, whatever the text', () => {
    const began = performance.now();
    scanForSecrets({ patch: patch(`secret${'_-'.repeat(200_000)}="${'a1'.repeat(200_000)}"`), title: 'token'.repeat(50_000), body: 'password: "'.repeat(50_000) });
    expect(performance.now() - began).toBeLessThan(10_000);
  });
});
