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

  it('leaves code alone, and closes what is left open', () => {
    const fenced = '```ts\n@Injectable() // fixes #1\nconst a = <T>(x: T) => x;\n```';
    expect(safeMarkdown(`a\n${fenced}\n@bob`)).toBe(`a\n${fenced}\n@&#8203;bob`);
    expect(safeMarkdown('a\n```\n@octocat')).toBe('a\n```\n@octocat\n```');
    expect(safeMarkdown('````\n```\n@x\n````\n@bob')).toBe('````\n```\n@x\n````\n@&#8203;bob');
    expect(safeMarkdown('```not`a fence\n@bob')).toBe('```not`a fence\n@&#8203;bob');
    expect(safeMarkdown('`a @octocat\nb')).toBe('`a @&#8203;octocat\nb');
  });
});
