import { mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { never, WorkspaceFixture } from './testing/workspace-fixture';

jest.setTimeout(90_000);
const OPTIONS = { timeoutMs: 20_000, maxOutputBytes: 20_000 } as const;

/** An entry of a tree as git would not let anybody make it: `mode name` over a blob. */
const entry = (mode: string, name: string, blob = '$blob'): string => `printf '${mode} ${name}\\0'; printf '%s' ${blob} | xxd -r -p`;
/** A tree of raw entries; names with a slash or a NUL in them, and .git itself, pass. */
const tree = (...entries: string[]): string => `tree=$( { ${entries.join('; ')}; } | git hash-object -t tree -w --stdin --literally)`;
const plain = entry('100644', 'a.txt');

/** Trees that a hostile remote offers. Variables: `blob` a file that is also a script, `link` the text "/etc/passwd", `sub` a tree with a script, `hook` a tree hooks/post-checkout. */
const TREES: Readonly<Record<string, string>> = {
  'a file .git': tree(entry('100644', '.git'), plain),
  'a folder .git': tree(entry('40000', '.git', '$sub'), plain),
  'a folder .GIT': tree(entry('40000', '.GIT', '$sub'), plain),
  'a folder .git with a dot': tree(entry('40000', '.git.', '$sub'), plain),
  'a folder git~1': tree(plain, entry('40000', 'git~1', '$sub')),
  'a folder with an invisible character': tree(entry('40000', '.g\\342\\200\\214it', '$sub'), plain),
  'a link .git': tree(entry('120000', '.git', '$link'), plain),
  'a folder ..': tree(entry('40000', '..', '$sub'), plain),
  'a folder .': tree(entry('40000', '.', '$sub'), plain),
  'a name with a slash': tree(entry('100644', '../../evil'), plain),
  'an absolute name': tree(entry('100644', '/tmp/evil'), plain),
  'an empty name': tree(entry('100644', ''), plain),
  'one name twice': tree(entry('120000', 'a', '$dotgit'), entry('40000', 'a', '$hook')),
  'a link and a folder that differ in case': tree(entry('40000', 'A', '$hook'), entry('120000', 'a', '$dotgit'), plain),
  'links out': tree(plain, entry('120000', 'etc', '$link'), entry('120000', 'up', '$up')),
  'a gitlink without a module': tree(plain, entry('160000', 'mod', '$head')),
  'a module that is a command': tree(entry('100644', '.gitmodules', '$modules'), plain, entry('160000', 'sub', '$head')),
  'modules by a link': tree(entry('120000', '.gitmodules', '$link'), plain),
  'attributes by a link': tree(entry('120000', '.gitattributes', '$link'), entry('120000', '.gitignore', '$link'), plain),
  'attributes with filters': tree(entry('100644', '.gitattributes', '$attributes'), plain),
  'a mode that is none': tree(entry('107777', 'a.txt'), entry('4000', 'b')),
  'an object that is not there': tree(plain, entry('100644', 'gone', `${'12'.repeat(20)}`)),
  'a folder that is a file': tree(entry('40000', 'a', '$blob')),
  'a name of 300 characters': tree(entry('100644', 'n'.repeat(300)), plain),
  'names with lines and codes': tree(plain, entry('100644', 'b\\nc\\033[31m\\t"q"')),
  'a very deep folder': `tree=$sub; for i in $(seq 300); do ${tree(entry('40000', 'deeper', '$tree'))}; done`,
  'more files than are possible': `tree=$( { for i in $(seq 1 700); do printf "100644 f%04d\\0" $i; printf '%s' $blob | xxd -r -p; done; } | git hash-object -t tree -w --stdin --literally); tree=$( { for i in $(seq 1 500); do printf "40000 d%04d\\0" $i; printf '%s' $tree | xxd -r -p; done; } | git hash-object -t tree -w --stdin --literally)`,
};

const PREPARE = `
git init -q --bare evil.git; cd evil.git
git config receive.fsckObjects false; git config uploadpack.allowAnySHA1InWant true
blob=$(printf '#!/bin/sh\\ntouch MARK\\n' | git hash-object -w --stdin)
link=$(printf /etc/passwd | git hash-object -w --stdin); up=$(printf ../../../../../../etc | git hash-object -w --stdin); dotgit=$(printf .git | git hash-object -w --stdin)
attributes=$(printf '* filter=lfs diff=evil merge=evil working-tree-encoding=UTF-16\\n' | git hash-object -w --stdin)
modules=$(printf '[submodule "s"]\\n\\tpath = sub\\n\\turl = ext::sh -c "touch MARK"\\n\\tupdate = !touch MARK\\n' | git hash-object -w --stdin)
sub=$( { ${entry('100755', 'post-checkout')}; } | git hash-object -t tree -w --stdin --literally)
hook=$( { ${entry('40000', 'hooks', '$sub')}; } | git hash-object -t tree -w --stdin --literally)
export GIT_AUTHOR_DATE='@0 +0000' GIT_COMMITTER_DATE='@0 +0000'
head=$(git commit-tree -m base $sub)
`;

describe('a hostile remote', () => {
  let fixture: WorkspaceFixture;
  let marks: string;
  const names = Object.keys(TREES);

  beforeAll(async () => {
    fixture = await WorkspaceFixture.create();
    marks = join(fixture.folder, 'fired');
    await mkdir(marks, { mode: 0o777 });
    const branches = names.map((name, n) => `${TREES[name]!}; git update-ref refs/heads/evil-${n} $(git commit-tree -m evil $tree)`);
    await fixture.shell(`${PREPARE.replaceAll('MARK', join(marks, 'fired'))}\n${branches.join('\n')}\ngit update-ref 'refs/heads/--upload-pack=touch' $head; git update-ref 'refs/heads/$(touch\${IFS}x)' $head; git update-ref refs/replace/$head $(git commit-tree -m other $hook)`);
  }, 120_000);
  afterAll(() => fixture.remove());

  it(`runs nothing and leaves nothing outside, whichever of ${names.length} trees it offers`, async () => {
    const before = await readdir('/tmp');
    const outcomes: Record<string, string> = {};
    const waiting = names.map((name, n) => [name, n] as const);
    const work = async (): Promise<void> => {
      for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) outcomes[next[0]] = await use(`evil-${next[1]}`);
    };
    await Promise.all([work(), work()]);
    expect(await readdir(marks)).toEqual([]);
    expect((await readdir('/tmp')).filter((name) => name === 'evil' && !before.includes(name))).toEqual([]);
    // Each was either worked on as data or refused in words of ours; nothing was an accident.
    expect(Object.entries(outcomes).filter(([, outcome]) => !/^(used|git_failed|git_too_large|git_ref_not_found|checkpoint_refused|git_repository_not_found)$/.test(outcome))).toEqual([]);
    expect(Object.keys(outcomes)).toHaveLength(names.length);
    expect(outcomes).toMatchObject({ 'links out': 'used', 'attributes with filters': 'used', 'more files than are possible': 'git_too_large' });
  }, 240_000);

  async function use(ref: string): Promise<string> {
    const repository = { id: 'evil', organizationId: 'organization-1', cloneUrl: fixture.remoteUrl.replace('remote.git', 'evil.git'), credentials: null };
    try {
      const workspace = await fixture.factory.open(fixture.request({ repository, ref }));
      try {
        await workspace.exec('git status; git log -1; ls -laR . | head -50; cat etc up/passwd 2>/dev/null; echo work > work.txt', OPTIONS, never);
        await workspace.glob('**', 20);
        await workspace.search({ pattern: 'root', maxMatches: 5 });
        await workspace.checkpoint(1);
        const { files } = await workspace.diff();
        expect(files.map(({ path }) => path)).toContain('work.txt');
        await workspace.commitForPublish({ message: 'm', author: { name: 'a', email: 'a@a' }, date: new Date(0) });
        return 'used';
      } finally {
        await workspace.dispose();
      }
    } catch (error) {
      return (error as { code?: string }).code ?? String(error);
    }
  }

  it.each(['--upload-pack=touch', '$(touch${IFS}x)'])('takes a branch %j for a name, if at all', async (ref) => {
    expect(await use(ref)).toMatch(/^(used|git_ref_not_found)$/);
    for (const folder of ['/', process.cwd(), fixture.folder, fixture.dataDir]) expect(await readdir(folder)).not.toContain(/^--/.test(ref) ? 'touch' : 'x');
  });
});
