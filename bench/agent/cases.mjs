// Eight public fixes of npm packages. Each has a reproduction of our own: a test that fails on the version before the fix and passes after it. The
// packages themselves are fetched when the bench runs.

/** Of a pattern that backtracks: hopeless before the fix, a few milliseconds after it. */
const inTime = (work) => `
const { spawnSync } = require('node:child_process');
if (process.argv[2] === 'work') {
${work}
} else {
  const { status, signal } = spawnSync(process.execPath, [__filename, 'work'], { timeout: 8000, killSignal: 'SIGKILL', stdio: 'inherit' });
  if (status !== 0) {
    console.error(signal ? 'no answer within 8 s' : 'failed');
    process.exit(1);
  }
}
`;

export const CASES = [
  {
    name: 'minimist', before: '1.2.5', after: '1.2.6', kind: 'prototype pollution',
    prompt: 'Arguments such as --_.concat.constructor.prototype.y=1 change the prototype of all functions.',
    test: `
const assert = require('node:assert');
const parse = require('./index.js');
parse(['--_.concat.constructor.prototype.y', '123']);
assert.strictEqual(function () {}.y, undefined, 'a function has y');
assert.deepStrictEqual(parse(['--a.b', '1', '-n5', 'c']), { _: ['c'], a: { b: 1 }, n: 5 });
`,
  },
  {
    name: 'json5', before: '2.2.1', after: '2.2.2', kind: 'prototype pollution',
    prompt: 'A key named __proto__ sets the prototype of the parsed object instead of becoming a key of it.',
    test: `
const assert = require('node:assert');
const JSON5 = require('./lib/index.js');
const parsed = JSON5.parse('{ "__proto__": { isAdmin: true }, user: "x" }');
assert.strictEqual(parsed.isAdmin, undefined, 'isAdmin was inherited');
assert.deepStrictEqual(Object.keys(parsed), ['__proto__', 'user']);
`,
  },
  {
    name: 'ini', before: '1.3.5', after: '1.3.6', kind: 'prototype pollution',
    prompt: 'A section named __proto__ changes the prototype of all objects.',
    test: `
const assert = require('node:assert');
const ini = require('./ini.js');
ini.parse('[__proto__]\\npolluted = "yes"\\n[a.__proto__.b]\\npolluted = "yes"\\n');
assert.strictEqual({}.polluted, undefined, 'every object is polluted');
assert.deepStrictEqual({ ...ini.parse('[a]\\nb = 1') }.a.b, '1');
`,
  },
  {
    name: 'y18n', before: '4.0.0', after: '4.0.1', kind: 'prototype pollution',
    prompt: 'With the locale __proto__, updateLocale() changes the prototype of all objects.',
    test: `
const assert = require('node:assert');
const y18n = require('./index.js')({ updateFiles: false });
y18n.setLocale('__proto__');
y18n.updateLocale({ polluted: true });
assert.strictEqual({}.polluted, undefined, 'every object is polluted');
`,
  },
  {
    name: 'path-parse', before: '1.0.6', after: '1.0.7', kind: 'a regular expression that takes for ever',
    prompt: 'A path of many slashes keeps the parser busy for minutes.',
    test: inTime(`  require('./index.js').posix('/'.repeat(200000) + 'x/'.repeat(3) + '\\u25ce');
  require('node:assert').strictEqual(require('./index.js').posix('/home/a/b.txt').name, 'b');`),
  },
  {
    name: 'ansi-regex', before: '5.0.0', after: '5.0.1', kind: 'a regular expression that takes for ever',
    prompt: 'A text of an escape, a bracket and many semicolons keeps the pattern busy for minutes.',
    test: inTime(`  require('./index.js')().test('\\u001B[' + ';'.repeat(400000));
  require('node:assert').ok(require('./index.js')().test('\\u001B[4mcake\\u001B[0m'));`),
  },
  {
    name: 'trim-newlines', before: '3.0.0', after: '3.0.1', kind: 'a regular expression that takes for ever',
    prompt: 'trimNewlines.end() needs minutes for a text of many newlines with a letter behind them.',
    test: inTime(`  const text = '\\n'.repeat(400000) + 'x';
  require('node:assert').strictEqual(require('./index.js').end(text + '\\n\\n'), text);`),
  },
  {
    name: 'cookie', before: '0.6.0', after: '0.7.0', kind: 'injection',
    prompt: 'A cookie name with a semicolon in it sets other fields of the cookie.',
    test: `
const assert = require('node:assert');
const cookie = require('./index.js');
assert.throws(() => cookie.serialize('a; Max-Age=2592000; b', 'value'), TypeError);
assert.strictEqual(cookie.serialize('foo', 'bar'), 'foo=bar');
`,
  },
];
