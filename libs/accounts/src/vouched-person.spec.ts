import { isUsername, slugFrom, uniqueUsername, usernameFrom } from './names';
import { personFromClerk } from './vouched-person';

const address = (id: string, email: unknown, status?: string) => ({ id, email_address: email, verification: status === undefined ? null : { status } });
const USER = {
  id: 'user_1', updated_at: 1_764_000_000_000, username: 'ada', first_name: 'Ada', last_name: 'Lovelace', image_url: 'https://img.example/ada', primary_email_address_id: 'idn_2',
  email_addresses: [address('idn_1', 'other@example.com', 'verified'), address('idn_2', 'ada@example.com', 'verified')],
};

describe('a user of Clerk', () => {
  it('is read with the primary address, not the first', () => {
    expect(personFromClerk(USER)).toEqual({
      clerkId: 'user_1', email: 'ada@example.com', emailVerified: true, username: 'ada', firstName: 'Ada', lastName: 'Lovelace', avatarUrl: 'https://img.example/ada', updatedAt: new Date(1_764_000_000_000),
    });
  });

  it.each<[string, object, object]>([
    ['an address that is not verified', { email_addresses: [address('idn_2', 'a@b.example', 'unverified')] }, { email: 'a@b.example', emailVerified: false }],
    ['an address that nobody looked at', { email_addresses: [address('idn_2', 'a@b.example')] }, { email: 'a@b.example', emailVerified: false }],
    ['a verification that expired', { email_addresses: [address('idn_2', 'a@b.example', 'expired')] }, { emailVerified: false }],
    ['no primary address', { primary_email_address_id: null }, { email: null, emailVerified: false }],
    ['a primary address that is not there', { primary_email_address_id: 'idn_9' }, { email: null }],
    ['no list of addresses', { email_addresses: 'none' }, { email: null }],
    ['an address without an id, and none that is primary', { primary_email_address_id: undefined, email_addresses: [address(undefined as never, 'a@b.example', 'verified')] }, { email: null }],
    ['an address without its sign', { email_addresses: [address('idn_2', 'ada', 'verified')] }, { email: null }],
    ['an endless address', { email_addresses: [address('idn_2', `${'a'.repeat(320)}@b.example`, 'verified')] }, { email: null }],
    ['an address that no column takes', { email_addresses: [address('idn_2', 'a\0@b.example', 'verified')] }, { email: null }],
    ['no names', { first_name: null, last_name: '', username: '  ' }, { firstName: null, lastName: null, username: null }],
    ['names that no column takes', { first_name: 'a\0', last_name: '\ud800', username: 7 }, { firstName: null, lastName: null, username: null }],
    ['endless names', { first_name: '🚀'.repeat(200) }, { firstName: '🚀'.repeat(100) }],
    ['an avatar that is a script', { image_url: 'javascript:alert(1)' }, { avatarUrl: null }],
  ])('is read with %s', (_, changes, expected) => {
    expect(personFromClerk({ ...USER, ...changes })).toMatchObject(expected);
  });

  it.each([[null], ['user'], [[]], [{}], [{ ...USER, id: 7 }], [{ ...USER, updated_at: '2026' }], [{ ...USER, updated_at: 9e15 }]])('is not %j', (value) => {
    expect(personFromClerk(value)).toBeNull();
  });
});

describe('names', () => {
  it.each(['ada@example.com', '...@x.y', '名前@x.y', `${'x'.repeat(300)}@x.y`, '-_.a@x.y', 'a b+c@x.y'])('made from %s fit their columns, and no two are alike', (email) => {
    const [first, second] = [usernameFrom(email), usernameFrom(email)];
    expect([isUsername(first), first === second]).toEqual([true, false]);
    expect(slugFrom(first)).toMatch(/^[a-z0-9][a-z0-9-]{0,62}$/);
  });

  it('stay like what was wished for', () => {
    expect(uniqueUsername('grâce hopper')).toMatch(/^grcehopper-[0-9a-f]{8}$/);
    expect([isUsername('ada'), isUsername('a b'), isUsername(''), isUsername('x'.repeat(64))]).toEqual([true, false, false, false]);
  });
});
