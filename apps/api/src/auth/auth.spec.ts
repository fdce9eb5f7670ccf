import { Clock } from '@app/common';
import { FakeClock } from '@app/common/testing';
import { LoginAttempts } from './login-attempts';
import { checkPassword } from './passwords/password-rules';
import { hasPlatformRole, hasRole, type OrganizationRole } from './principal';

describe('roles', () => {
  const all: OrganizationRole[] = ['viewer', 'billing', 'member', 'admin', 'owner'];
  it.each([
    ['viewer', all],
    ['billing', ['billing', 'admin', 'owner']],
    ['member', ['member', 'admin', 'owner']],
    ['admin', ['admin', 'owner']],
    ['owner', ['owner']],
  ] as [OrganizationRole, OrganizationRole[]][])('%s is reached by %j', (needed, reached) => {
    expect(all.filter((role) => hasRole(role, needed))).toEqual(reached);
  });

  it('of the platform build on each other', () => {
    expect([hasPlatformRole('user', 'support'), hasPlatformRole('support', 'support'), hasPlatformRole('admin', 'support'), hasPlatformRole('support', 'admin')]).toEqual([false, true, true, false]);
  });
});

describe('passwords', () => {
  it.each([
    ['passwordpassword', 'too_common'], ['PasswordPassword2026!', 'too_common'], ['correcthorsebatterystaple', 'too_common'], ['qwertyuiop12345', 'too_common'], ['changemechangeme!!', 'too_common'],
    ['aaaaaaaaaaaaaa', 'too_simple'], ['abababababab', 'too_simple'], ['abcdefghijklmn', 'too_simple'], ['98765432109876', 'too_simple'],
    ['ada@example.com', 'contains_email'], ['my-ADA@EXAMPLE.COM-x', 'contains_email'],
  ])('%s is %s', (password, code) => {
    let errors: { code: string }[] = [];
    try {
      checkPassword(password, 'ada@example.com');
    } catch (error) {
      ({ errors } = error as { errors: { code: string }[] });
    }
    expect(errors.map((fault) => fault.code)).toEqual([code]);
  });

  it.each(['orbit-velvet-canyon-42', 'Canada is far away', 'пароль из многих слов', '🚀🌍🔑🎈🍀 twelve'])('%s is fine', (password) => expect(() => checkPassword(password, 'ada@example.com')).not.toThrow());
});

describe('login attempts', () => {
  const clock = new FakeClock();
  const attempts = new LoginAttempts(clock satisfies Clock);
  const isLocked = (email: string): boolean => {
    try {
      attempts.check(email);
      return false;
    } catch {
      return true;
    }
  };

  it('lock an address after five, for a quarter of an hour, and forget after success', () => {
    for (let n = 0; n < 4; n++) attempts.failed('a@example.com');
    expect(isLocked('a@example.com')).toBe(false);
    attempts.failed('A@EXAMPLE.COM');
    expect([isLocked('a@example.com'), isLocked('b@example.com')]).toEqual([true, false]);
    clock.advance(15 * 60_000 + 1);
    expect(isLocked('a@example.com')).toBe(false);
    for (let n = 0; n < 4; n++) attempts.failed('a@example.com');
    attempts.succeeded('a@example.com');
    attempts.failed('a@example.com');
    expect(isLocked('a@example.com')).toBe(false);
  });
});
