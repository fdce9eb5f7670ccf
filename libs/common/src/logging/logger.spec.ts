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

  it('redacts exact values too', () => {
    expect(redact('key=abcdefgh!', ['abcdefgh'])).toBe('key=[redacted]!');
  });
});
