import { checkRef, isRef } from './git-ref';

describe('isRef', () => {
  it.each(['main', 'feature/x-1', 'v1.2.3', 'a'.repeat(255), '0123456789abcdef0123456789abcdef01234567', 'ümlaut', 'refs/heads/main', 'user@host'])('takes %s', (text) => {
    expect(isRef(text)).toBe(true);
  });

  it.each([
    '', '../x', 'a..b', '-u=x', '--upload-pack=sh', 'main@{1}', '@', 'a b', 'a\tb', 'a\nb', 'a\u200bb', 'a~1', 'a^', 'a:b', 'a?', 'a*', '[a', 'a\\b', '/a', 'a/', 'a//b', '.a', 'a/.b', 'a.', 'a.lock', 'a.lock/b',
    'a'.repeat(256),
  ])('refuses %j', (text) => {
    expect(isRef(text)).toBe(false);
  });

  it('names the field', () => {
    expect(() => checkRef('targetBranch', '..')).toThrow(expect.objectContaining({ code: 'invalid_ref', errors: [expect.objectContaining({ pointer: '/targetBranch' })] }) as Error);
  });
});
