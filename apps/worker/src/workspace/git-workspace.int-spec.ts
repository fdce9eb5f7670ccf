import type { ExecResult } from '@app/agent';
import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { GitWorkspace } from './git-workspace';
import { never, WorkspaceFixture } from './testing/workspace-fixture';

describe('GitWorkspace', () => {
  let fixture: WorkspaceFixture;
  let base: string;
  const run = (workspace: GitWorkspace, command: string): Promise<ExecResult> => workspace.exec(command, { timeoutMs: 20_000, maxOutputBytes: 100_000 }, never);
  const ok = async (workspace: GitWorkspace, command: string): Promise<string> => {
    const result = await run(workspace, command);
    expect({ exitCode: result.exitCode, output: result.exitCode === 0 ? '' : result.output }).toEqual({ exitCode: 0, output: '' });
    return result.output;
  };

  beforeAll(async () => {
    fixture = await WorkspaceFixture.create();
    base = await fixture.commit({ 'README.md': '# hello\n', 'src/a.ts': 'export const a = 1;\n', 'src/b.ts': 'foo\nbar foo\n', '.gitignore': 'ignored/\n', 'bin/run': '#!/bin/sh\necho run\n' }, 'main', 'chmod +x bin/run && ln -s ../README.md src/link');
  });
  afterAll(() => fixture.remove());

  it('opens quickly and serves files', async () => {
    const workspace = await fixture.open();
    expect(workspace.baseSha).toBe(base);
    await expect(workspace.read('src/a.ts', 1, 10)).resolves.toMatchObject({ totalLines: 1, lines: ['export const a = 1;'], truncated: false });
    expect(await ok(workspace, 'git status --porcelain; git log --oneline | wc -l; git branch --show-current; ls -la src')).toMatch(/^1\nmain\n[^]*link -> /);
    const started = performance.now();
    const first = await workspace.checkpoint(1);
    const t1 = performance.now();
    await workspace.write('src/new.ts', 'x\n');
    const t2 = performance.now();
    const second = await workspace.checkpoint(2);
    const t3 = performance.now();
    process.stdout.write(`checkpoint 0: ${t1 - started} write ${t2 - t1} checkpoint: ${t3 - t2}\n`);
    expect(second.tree).not.toBe(first.tree);
    await expect(workspace.diff()).resolves.toMatchObject({ files: [{ path: 'src/new.ts', status: 'added', additions: 1 }] });
    await expect(workspace.search({ pattern: 'foo', maxMatches: 10 })).resolves.toEqual({ matches: [{ path: 'src/b.ts', line: 1, text: 'foo' }, { path: 'src/b.ts', line: 2, text: 'bar foo' }], truncated: false });
    await expect(workspace.glob('*.ts', 10)).resolves.toEqual({ paths: ['src/a.ts', 'src/b.ts', 'src/new.ts'], truncated: false });
    expect(existsSync(join(fixture.dataDir, 'workspaces'))).toBe(true);
    await workspace.dispose();
    expect(await readdir(join(fixture.dataDir, 'workspaces'))).toEqual([]);
  });
});
