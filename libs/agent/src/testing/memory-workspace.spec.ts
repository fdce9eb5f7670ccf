import { MemoryWorkspace } from './memory-workspace';
import { describeWorkspaceContract } from './workspace.contract';

describeWorkspaceContract('in memory', (files) => Promise.resolve({ workspace: new MemoryWorkspace(files), dispose: () => Promise.resolve() }));

describe('MemoryWorkspace', () => {
  it('restores what another one saved', async () => {
    const first = new MemoryWorkspace({ 'a.txt': 'a\n' });
    await first.write('b.txt', 'b\n');
    const restore = await first.checkpoint(1);
    const second = new MemoryWorkspace({ 'a.txt': 'a\n' }, { restore });
    expect((await second.readWhole('b.txt')).content).toBe('b\n');
    expect((await second.diff()).files.map((file) => file.path)).toEqual(['b.txt']);
  });
});
