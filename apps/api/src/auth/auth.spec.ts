import type { AppError } from '@app/common';
import { FakeClock } from '@app/common/testing';
import { UnitOfWork, UserStore } from '@app/domain';
import type { ExecutionContext } from '@nestjs/common';
import { type DeclaredPolicy, POLICY } from './auth.decorators';
import { LoginAttempts } from './login-attempts';
import { checkPassword } from './passwords/password-rules';
import { PolicyGuard } from './policy.guard';
import { hasPlatformRole, hasRole, type OrganizationRole, type Principal } from './principal';

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

describe('the policy guard', () => {
  const principal = (of: Partial<Principal>): Principal => ({ userId: 'u', organizationId: 'o', role: 'owner', platformRole: 'user', credential: 'session', sessionId: 's', tokenId: null, scopes: [], expiresAt: null, ...of });
  const session = principal({});
  const clerk = principal({ credential: 'clerk', sessionId: null });
  const token = principal({ credential: 'token', sessionId: null, tokenId: 't', scopes: ['tasks:read'] });
  const answer = (policy: DeclaredPolicy | undefined, caller: Principal | undefined): string => {
    const route = (): void => undefined;
    if (policy !== undefined) Reflect.defineMetadata(POLICY, policy, route);
    const context = { getHandler: () => route, getClass: () => PolicyGuard, switchToHttp: () => ({ getRequest: () => ({ principal: caller }) }) } as unknown as ExecutionContext;
    try {
      return new PolicyGuard().canActivate(context) ? 'open' : 'closed';
    } catch (error) {
      return (error as AppError).code;
    }
  };

  it.each<[string, DeclaredPolicy | undefined, string, string, string]>([
    ['public', 'public', 'open', 'open', 'open'],
    ['nothing declared', undefined, 'forbidden', 'forbidden', 'forbidden'],
    ['anybody signed in', {}, 'open', 'open', 'insufficient_scope'],
    ['a scope that the token has', { scope: 'tasks:read' }, 'open', 'open', 'open'],
    ['a scope that it lacks', { scope: 'tasks:write' }, 'open', 'open', 'insufficient_scope'],
    ['every credential, no scope', { credentials: ['session', 'clerk', 'token'] }, 'open', 'open', 'open'],
    ['our sessions alone', { credentials: ['session'] }, 'open', 'forbidden', 'insufficient_scope'],
    ['our sessions alone, with a scope', { credentials: ['session'], scope: 'tasks:read' }, 'open', 'forbidden', 'insufficient_scope'],
    ['staff', { platformRole: 'support' }, 'forbidden', 'forbidden', 'insufficient_scope'],
    ['staff, with a scope', { platformRole: 'support', scope: 'tasks:read' }, 'forbidden', 'forbidden', 'forbidden'],
  ])('%s', (_name, policy, ...expected) => expect([session, clerk, token].map((caller) => answer(policy, caller))).toEqual(expected));

  it('asks a token for its owner\'s role too, and lets nobody in without a caller', () => {
    expect([answer({ role: 'admin', scope: 'tasks:read' }, { ...token, role: 'member' }), answer({}, undefined)]).toEqual(['forbidden', 'forbidden']);
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
  const locked: string[] = [];
  const users = { beginAttempt: (id: string) => Promise.resolve(!locked.includes(id)) } as unknown as UserStore;
  const attempts = new LoginAttempts(clock, users, {} as UnitOfWork);
  const begin = (email: string, account: { id: string; lockedSeconds: number } | null = null): Promise<unknown> =>
    attempts.begin(email, () => Promise.resolve(account)).catch((error: unknown) => (error as AppError).headers['Retry-After']);

  it('lock an address of nobody after five, for a quarter of an hour, and forget after success', async () => {
    for (let n = 0; n < 5; n++) expect(await begin(n % 2 ? 'a@example.com' : 'A@EXAMPLE.COM')).toBeNull();
    expect([await begin('a@example.com'), await begin('b@example.com')]).toEqual(['900', null]);
    clock.advance(15 * 60_000 + 1);
    for (let n = 0; n < 4; n++) expect(await begin('a@example.com')).toBeNull();
    attempts.succeeded('a@example.com');
    for (let n = 0; n < 5; n++) expect(await begin('a@example.com')).toBeNull();
    expect(await begin('a@example.com')).toBe('900');
  });

  it('count before the password is looked at, so a hundred at once are five', async () => {
    const answers = await Promise.all(Array.from({ length: 100 }, () => begin('c@example.com')));
    expect(answers.filter((answer) => answer === null)).toHaveLength(5);
  });

  it('heed the lock of the account, which other processes set', async () => {
    expect(await begin('d@example.com', { id: 'd', lockedSeconds: 42 })).toBe('42');
    locked.push('e');
    expect(await begin('e@example.com', { id: 'e', lockedSeconds: 0 })).toBe('900');
    expect(await begin('f@example.com', { id: 'f', lockedSeconds: 0 })).toEqual({ id: 'f', lockedSeconds: 0 });
  });

  it('remember no more than 20,000 addresses', async () => {
    for (let n = 0; n < 5; n++) await begin('first@example.com');
    expect(await begin('first@example.com')).toBe('900');
    for (let n = 0; n < 20_000; n++) await begin(`flood-${n}@example.com`);
    expect(await begin('first@example.com')).toBeNull();
  });
});
