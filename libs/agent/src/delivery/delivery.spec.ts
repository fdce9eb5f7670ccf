import type { ChangedFile } from '../workspace';
import { composeAnswer } from './answer';
import { citationsIn } from './citations';
import { cleanDiff } from './clean-diff';
import { composeContradictions } from './contradictions';
import { commitMessage, commitSubject } from './commit-message';
import { scanForSecrets } from './secret-scan';
import { titleFromPrompt } from './title';

function file(path: string, changes: Partial<ChangedFile> = {}): ChangedFile {
  return { path, oldPath: null, status: 'modified', additions: 1, deletions: 1, binary: false, ...changes };
}

const submission = { title: 't', summary: 's', testing: '', risks: '', discard: [], answer: null, noChangesReason: null };

describe('cleanDiff', () => {
  function leftOut(paths: readonly (string | ChangedFile)[], more: Partial<Parameters<typeof cleanDiff>[0]> = {}): string[] {
    const files = paths.map((path) => (typeof path === 'string' ? file(path) : path));
    const clean = cleanDiff({ files, discard: [], allowCiFiles: false, ...more });
    expect([...clean.kept.map(({ path }) => path), ...clean.leftOut.map(({ path }) => path)].sort()).toEqual(files.map(({ path }) => path).sort());
    return clean.leftOut.map(({ path }) => path);
  }

  it('leaves out what the agent does not want, files and folders', () => {
    expect(leftOut(['a.js', 'tmp/x.js', 'tmp.js', 'out.log'], { discard: ['tmp/', './out.log', ''] })).toEqual(['tmp/x.js', 'out.log']);
  });

  it('leaves out lock files that changed for no reason', () => {
    expect(leftOut(['src/a.js', 'package-lock.json'])).toEqual(['package-lock.json']);
    expect(leftOut(['src/a.js', 'package-lock.json', 'packages/x/package.json'])).toEqual([]);
    expect(leftOut(['src/a.rs', 'Cargo.lock', 'package.json'])).toEqual(['Cargo.lock']);
    expect(leftOut(['package-lock.json'])).toEqual([]);
  });

  it('leaves out large binaries and CI files', () => {
    const sizes = new Map([['big.png', 2_000_000], ['small.png', 1_000]]);
    expect(leftOut([file('big.png', { binary: true }), file('small.png', { binary: true }), file('unknown.png', { binary: true })], { sizeOf: (path) => sizes.get(path) })).toEqual(['big.png']);
    expect(leftOut(['.github/workflows/ci.yml', 'a.js', file('ci.yml', { oldPath: '.github/workflows/x.yml', status: 'renamed' })])).toEqual(['.github/workflows/ci.yml', 'ci.yml']);
    expect(leftOut(['.github/workflows/ci.yml'], { allowCiFiles: true })).toEqual([]);
  });
});

describe('scanForSecrets', () => {
  const kinds = (patch: string, values: string[] = []): string[] => scanForSecrets({ patch, title: '', body: '', values }).map(({ kind }) => kind);

  it('finds what a change adds, not what it removes or stands beside', () => {
    const token = `ghp_${'a1B2'.repeat(9)}`;
    expect(scanForSecrets({ patch: `--- a/x\n+++ b/x\n@@ -1 +1 @@\n-old\n+const t = "${token}";\n`, title: '', body: '' })).toEqual([{ where: 'patch', line: 5, kind: 'GitHub token', excerpt: 'ghp_…(40 characters)' }]);
    expect(kinds(`-const t = "${token}";\n ${token}\n`)).toEqual([]);
    expect(scanForSecrets({ patch: '', title: token, body: `a\n${token}` }).map(({ where, line }) => [where, line])).toEqual([['title', 1], ['body', 2]]);
  });

  it('knows the shapes of credentials', () => {
    const samples = {
      'GitHub token': `ghs_12345_${'eyJhbGciOiJSUzI1NiJ9.abc'.repeat(2)}`, 'private key': '-----BEGIN RSA PRIVATE KEY-----', 'AWS access key': 'AKIAQ2W3E4R5T6Y7U2I3', 'Anthropic key': 'sk-ant-api03-0123456789abcdefghij',
      'OpenAI key': `sk-proj-${'a'.repeat(40)}`, 'Google key': `AIza${'b'.repeat(35)}`, 'Stripe live key': 'sk_live_0123456789abcdefXY', 'npm token': `npm_${'c'.repeat(36)}`,
      'password in a URL': 'postgres://app:Sup3rS3cretPw@db.internal/app',
    };
    for (const [kind, text] of Object.entries(samples)) expect([text, kinds(`+x = "${text}"\n`)]).toEqual([text, [kind]]);
  });

  it('lets ordinary code pass', () => {
    for (const line of ['const token = process.env.TOKEN;', 'sk_test_0123456789abcdef', 'AKIAIOSFODNN7EXAMPLE', 'postgres://postgres:password@localhost/db', 'https://user@host/x', 'integrity: sha512-abc==', 'const risk = "task-list-with-a-long-name-of-many-words"']) expect([line, kinds(`+${line}\n`)]).toEqual([line, []]);
  });

  it('finds the task\'s own secrets however they are spelled', () => {
    const value = 'correct horse+battery';
    for (const text of [value, Buffer.from(value).toString('base64'), Buffer.from(value).toString('hex'), encodeURIComponent(value)]) expect(kinds(`+${text}\n`, [value])).toEqual(['secret of this task']);
    expect(kinds('+short\n', ['short'])).toEqual([]);
  });
});

describe('commitMessage', () => {
  it('has a typed subject, a wrapped body and its trailers', () => {
    const message = commitMessage({ taskId: 'task-1', title: 'Fix the rounding of totals.', summary: `It ${'rounded '.repeat(15)}twice.\n\n- one item ${'that is long '.repeat(8)}\n- two`, coAuthor: { name: 'Ada <x>\nEve', email: 'ada@example.com>' } });
    const lines = message.split('\n');
    expect(lines[0]).toBe('fix: fix the rounding of totals');
    expect(lines[1]).toBe('');
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(72);
    expect(message).toContain('\n- one item');
    expect(message).toMatch(/\n {2}that is long|\n {2}is long|\n {2}long/);
    expect(lines.slice(-4)).toEqual(['', 'Co-authored-by: Ada x Eve <ada@example.com>', 'Async-Coder-Task: task-1', '']);
  });

  it.each([
    ['Add a retry button', 'feat: add a retry button'], ['README: explain the set-up', 'docs: README: explain the set-up'], ['feat(api)!: drop v1', 'feat(api)!: drop v1'], ['Rename Foo to Bar', 'refactor: rename Foo to Bar'],
    ['`HTTP` keep-alive', 'chore: HTTP keep-alive'], ['Add tests for parse', 'test: add tests for parse'], ['', 'chore: change the code'],
  ])('types %j as %j', (title, subject) => {
    expect(commitSubject(title)).toBe(subject);
  });

  it('is at most 72 characters in its subject, cut at a word', () => {
    const subject = commitSubject(`Fix ${'very '.repeat(30)}long titles`);
    expect(subject.length).toBeLessThanOrEqual(72);
    expect(subject).toMatch(/^fix: fix very( very)*…$/);
  });

  it('carries no trailers, mentions and closing keywords of the model', () => {
    const message = commitMessage({ taskId: 'task-1', title: 'Fix it for @octocat', summary: 'Thanks @acme/team, fixes #12 and closes acme/other#3.\nCo-authored-by: Eve <eve@evil.test>\nAsync-Coder-Task: other\nSigned-off-by: X <x@x>\nmail a@b.c' });
    expect(message).not.toMatch(/@octocat|@acme|#12|other#3|Eve|Async-Coder-Task: other|Signed-off-by/);
    expect(message).toContain('fixes issue 12 and closes issue 3');
    expect(message).toContain('mail a@b.c');
    expect(message.match(/^Async-Coder-Task: .*$/gm)).toEqual(['Async-Coder-Task: task-1']);
  });
});

describe('what stops CI', () => {
  it('is said only if it was asked for, and as a line of its own', () => {
    const message = commitMessage({ taskId: 'task-1', title: 'Fix it', summary: 'Done.', skipCi: true });
    expect(message).toBe('fix: fix it\n\nDone.\n\n[skip ci]\n\nAsync-Coder-Task: task-1\n');
    expect(commitMessage({ taskId: 'task-1', title: 'Fix it', summary: '', skipCi: false })).not.toContain('skip');
  });

  it('is not the model\'s to say, nor are references to elsewhere', () => {
    const message = commitMessage({ taskId: 'task-1', title: 'Fix it [skip ci]', summary: '[ci skip] [no-ci] [skip actions] ***NO_CI***\nskip-checks: true\nsee acme/x#3, acme/x@0123abcd and https://github.com/acme/x/pull/3' });
    expect(message).not.toMatch(/\[skip ci\]|\[ci skip\]|\[no-ci\]|\[skip actions\]|\*\*\*|skip-checks|x#3|x@0|pull\/3/);
    expect(message).toContain('(ci skip)');
  });
});

describe('citations', () => {
  it('are found in every usual form, each once', () => {
    const text = 'See `src/a.ts:10`, (lib/b.py:3-7), src/a.ts:10 again, **c.go:1**, [x](./d/e.js:2), Makefile:4, app/[id]/page.tsx:5 and @scope/pkg.js:6.';
    expect(citationsIn(text).map(({ path, fromLine, toLine }) => `${path} ${fromLine}-${toLine}`)).toEqual(['src/a.ts 10-10', 'lib/b.py 3-7', 'c.go 1-1', 'd/e.js 2-2', 'Makefile 4-4', 'app/[id]/page.tsx 5-5', '@scope/pkg.js 6-6']);
  });

  it('are found in time whatever the text is', () => {
    for (const piece of ['a', '+', '[a]', '(a)', 'a/', './', '@', '-', 'a.b/', ':1']) expect(citationsIn(piece.repeat(100_000 / piece.length)).length).toBeLessThan(2);
  });

  it('are not addresses, times, versions or images', () => {
    expect(citationsIn('http://localhost:3000/x https://a.example.com:443/b.ts at 12:30, node:24, 127.0.0.1:80, redis:7, v1.2:3, ghcr.io/org/app:1, example.com:8080 a::b')).toEqual([]);
  });
});

describe('composeAnswer', () => {
  it('names the commit that the lines belong to', () => {
    const answer = composeAnswer({ ...submission, answer: 'It is in src/a.ts:1. ![x](https://evil.test/p.png)' }, { repository: 'acme/sample', sha: 'abc' });
    expect(answer.markdown).toBe('It is in src/a.ts:1. [picture left out: x]\n\n---\nLines are those of acme/sample at abc.\n');
    expect(answer.citations).toMatchObject([{ path: 'src/a.ts', fromLine: 1 }]);
  });
});

describe('composeContradictions', () => {
  const found = { statement: 'It adds.\nAlways.', documentedAt: 'README.md:3-4', codeAt: 'src/a.ts:1', reason: 'It subtracts.' };
  const at = { repository: 'acme/sample', sha: 'abc' };

  it('quotes each statement with both of its places', () => {
    expect(composeContradictions({ ...submission, title: 'Looked', summary: 'All of README.md:1-9.', contradictions: [found] }, at)).toBe(
      '# Looked\n\nAll of README.md:1-9.\n\n## Statements that the code contradicts (1)\n\n### 1. `README.md:3-4`\n\n> It adds.\n> Always.\n\nIt subtracts.\n\nThe code: `src/a.ts:1`\n\n---\nLines are those of acme/sample at abc.\n',
    );
  });

  it('shows no picture, and says when there is none', () => {
    expect(composeContradictions({ ...submission, contradictions: [{ ...found, statement: '![x](https://evil.test/p.png)' }] }, at)).not.toContain('evil.test');
    expect(composeContradictions(submission, at)).toContain('(0)\n\nNone was found.');
  });
});

describe('titleFromPrompt', () => {
  it.each([
    ['fix the login page. It is broken.', 'Fix the login page'], ['# Mend **add**\n\nIt subtracts.', 'Mend add'], ['\n\n- [the docs](http://x) are wrong:\n', 'The docs are wrong'], ['', 'Untitled task'], ['a'.repeat(100), `A${'a'.repeat(70)}…`],
    ['Use v1.2.3 of the library in all of the packages that we have in this repository, please', 'Use v1.2.3 of the library in all of the packages that we have in this…'],
  ])('makes of %j %j', (prompt, title) => {
    expect(titleFromPrompt(prompt)).toBe(title);
  });
});
