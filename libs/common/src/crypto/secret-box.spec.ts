import { randomBytes } from 'node:crypto';
import { inspect } from 'node:util';
import { Secret } from './secret';
import { SecretBox } from './secret-box';

describe('SecretBox', () => {
  const box = new SecretBox(randomBytes(32));

  it('opens what it sealed, for the same owner only', () => {
    const sealed = box.seal(Buffer.from('hello'), 'table|row|owner');
    expect(box.open(sealed, 'table|row|owner').toString()).toBe('hello');
    expect(() => box.open(sealed, 'table|row|other')).toThrow();
    expect(() => new SecretBox(randomBytes(32)).open(sealed, 'table|row|owner')).toThrow();
  });

  it('never opens after any single bit was flipped', () => {
    const sealed = box.seal(Buffer.from('hello'), 'a');
    for (let bit = 0; bit < sealed.length * 8; bit += 1) {
      const changed = Buffer.from(sealed);
      changed[bit >> 3]! ^= 1 << (bit & 7);
      expect(() => box.open(changed, 'a')).toThrow();
    }
  });

  it('derives different keys for different purposes', () => {
    const master = randomBytes(32);
    const sealed = SecretBox.derive(master, 'one').seal(Buffer.from('x'), '');
    expect(() => SecretBox.derive(master, 'two').open(sealed, '')).toThrow();
    expect(SecretBox.derive(master, 'one').open(sealed, '').toString()).toBe('x');
  });
});

describe('Secret', () => {
  it('does not print', () => {
    const secret = new Secret('hunter2');
    for (const text of [String(secret), JSON.stringify({ secret }), inspect({ secret }), `${secret.toString()}`]) expect(text).not.toContain('hunter2');
    expect(secret.use((value) => value.length)).toBe(7);
  });
});
