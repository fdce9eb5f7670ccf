import type { AppConfig } from '@app/common';
import { returnAddress, withOutcome } from './return-address';

const config = { core: { PUBLIC_URL: 'https://coder.example.com' }, http: { CORS_ORIGINS: ['https://app.example.com'] } } as unknown as AppConfig;

it.each([
  [undefined, 'https://coder.example.com/'],
  ['/settings?tab=github', 'https://coder.example.com/settings?tab=github'],
  ['https://coder.example.com/x', 'https://coder.example.com/x'],
  ['https://app.example.com/done', 'https://app.example.com/done'],
])('%s leads to %s', (wanted, address) => {
  expect(returnAddress(wanted, config)).toBe(address);
});

it.each([
  'https://evil.example.com/', '//evil.example.com', '/\\evil.example.com', '\\\\evil.example.com', 'https://coder.example.com@evil.example.com', 'https://a:b@coder.example.com/', 'javascript:alert(1)',
  'http://coder.example.com/', 'https://coder.example.com.evil.example.com', ' /x', '', `/${'x'.repeat(3_000)}`, '/\t/evil.example.com',
])('%j leads nowhere', (wanted) => {
  expect(() => returnAddress(wanted, config)).toThrow(/redirectTo/);
});

it('says what came of it beside what was there', () => {
  expect(withOutcome('https://app.example.com/done?a=1', { status: 'error', error: 'access_denied' })).toBe('https://app.example.com/done?a=1&status=error&error=access_denied');
});
