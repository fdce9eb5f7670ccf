import { withLogContext } from './context';
import { Logger } from './logger';
import { redact } from './redact';

function capture(): { lines: () => Record<string, unknown>[]; raw: () => string; logger: Logger } {
  let text = '';
  const logger = Logger.create('debug', 'test', { write: (line: string) => void (text += line) });
  return { logger, raw: () => text, lines: () => text.trim().split('\n').map((line) => JSON.parse(line) as Record<string, unknown>) };
}

describe('Logger', () => {
  it('writes JSON with the ids in force', () => {
    const { logger, lines } = capture();
    withLogContext({ requestId: 'r1' }, () => withLogContext({ taskId: 't1' }, () => logger.named('queue').info('hello', { n: 1 })));
    expect(lines()[0]).toMatchObject({ level: 'info', process: 'test', part: 'queue', requestId: 'r1', taskId: 't1', n: 1, msg: 'hello' });
  });

  it.each([
    'ghs_' + 'a'.repeat(36),
    'ghs_1234_eyJhbGciOi.' + 'b'.repeat(480),
    'sk-ant-api03-' + 'c'.repeat(40),
    'postgres://user:topsecretword@host/db',
    'ac_pat_' + 'd'.repeat(40),
  ])('never writes %s', (credential) => {
    const { logger, raw } = capture();
    logger.error('failed', { err: new Error(`with ${credential}`), url: credential });
    expect(raw()).not.toContain(credential);
    expect(raw()).not.toContain('topsecretword');
  });

  it('finds each shape of a credential by the word it begins with', () => {
    const tail = 'A1b2C3d4E5f6G7h8I9j0K1l2M3n4O5p6Q7r8';
    const heads = ['gho_', 'ghp_', 'ghs_', 'ghu_', 'ghr_', 'github_pat_', 'sk-', 'sk-ant-', 'sk_live_', 'rk_test_', 'whsec_', 'AIza', 'ac_pat_'];
    for (const head of heads) expect(redact(`a ${head}${tail} b`)).toBe('a [redacted] b');
    expect(redact(`a eyJ${tail}.${tail}.${tail} b`)).toBe('a [redacted] b');
    expect(redact('redis://user:word@host and nothing else')).toBe('redis://user:[redacted]@host and nothing else');
  });

  it('redacts exact values too', () => {
    expect(redact('key=abcdefgh!', ['abcdefgh'])).toBe('key=[redacted]!');
  });
});
