import { spellingsOf } from './secret-spellings';

const SECRET = 'npm_tok/en+value==';
const found = (text: string): boolean => spellingsOf(SECRET).some((spelling) => text.includes(spelling));

describe('spellings of a secret', () => {
  it.each([
    ['as it is', `token=${SECRET};`],
    ['in a URL', `https://r/?t=${encodeURIComponent(SECRET)}`],
    ['in hexadecimal', Buffer.from(SECRET).toString('hex')],
    ['in capital hexadecimal', Buffer.from(SECRET).toString('hex').toUpperCase()],
    ...['', 'u', 'us', 'use', 'user:'].flatMap((before) => ['', 'x', 'xy'].map((behind): [string, string] => [`in base64 behind "${before}" and before "${behind}"`, Buffer.from(`${before}${SECRET}${behind}`).toString('base64')])),
    ['in base64 for URLs', Buffer.from(`ab${SECRET}`).toString('base64url')],
  ])('finds it %s', (_name, text) => {
    expect(found(text)).toBe(true);
  });

  it('finds no other text', () => {
    expect(found(Buffer.from('another value altogether').toString('base64') + encodeURIComponent('npm_token value'))).toBe(false);
  });

  it('finds single lines of a key, but not what all keys have in common', () => {
    const key = '-----BEGIN PRIVATE KEY-----\nMIIEvQIBADANBgkqhkiG9w0B\nAQEFAASCBKcwggSjAgEAAoIB\n-----END PRIVATE KEY-----\n';
    const spellings = spellingsOf(key);
    expect(spellings).toEqual(expect.arrayContaining(['MIIEvQIBADANBgkqhkiG9w0B', 'AQEFAASCBKcwggSjAgEAAoIB', JSON.stringify(key).slice(1, -1)]));
    expect(spellings).not.toContain('-----BEGIN PRIVATE KEY-----');
    expect(spellingsOf('<?xml version="1.0" encoding="UTF-8"?>\n<settings>\n  <password>hunter2-hunter2</password>\n</settings>').filter((text) => text.startsWith('<?xml'))).toHaveLength(2);
  });
});
