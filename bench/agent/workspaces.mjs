// How soon a workspace stands: ours through the platform, beside what git alone needs for a tree of the same repository.
import { spawnSync } from 'node:child_process';
import { mkdtempSync } from 'node:fs';
import { join } from 'node:path';
import { nothing } from './oracle.mjs';
import { openHouse } from './house.mjs';
import { makeRepository } from './large.mjs';

export async function runWorkspaces({ rounds, say }) {
  const house = await openHouse('compatible');
  try {
    const source = makeRepository(mkdtempSync(join(house.scratch, 'large-')));
    const repository = await house.addRepository('large', source);
    const mirror = join(house.scratch, 'mirror.git');
    git(['clone', '--quiet', '--bare', repository.cloneUrl, mirror], house.scratch);
    const rows = [];
    for (let round = 0; round <= rounds; round += 1) {
      const mark = `workspace, round ${round}`;
      await house.script(mark, nothing());
      // The first has no mirror of the repository yet.
      const arm = round === 0 ? 'ours, first ever' : 'ours';
      const place = (name) => join(house.scratch, `${name}-${round}`);
      rows.push(
        { arm, ms: await ours(house, { repository, mark }) }, { arm: 'git worktree add', ms: worktree(mirror, place('tree')) }, { arm: 'git worktree add, again', ms: worktree(mirror, place('tree-again')) },
        { arm: 'git clone --shared', ms: shared(mirror, place('shared')) }, { arm: 'git clone --depth 1', ms: clone(repository.cloneUrl, place('clone')) },
      );
      for (const { arm: name, ms } of rows.slice(-5)) say(`${name}: ${ms.toFixed(0)} ms`);
    }
    return rows;
  } finally {
    await house.close();
  }
}

/** From the row that says "provisioning" to the row that says that the workspace is ready. */
async function ours(house, { repository, mark }) {
  const { id } = await house.client.post('/tasks', { repositoryId: repository.id, prompt: mark, mode: 'ask' });
  for await (const { event } of house.client.events(id)) if (event === 'done') break;
  const { data } = await house.client.get(`/tasks/${id}/events?limit=100`);
  const at = (found) => Date.parse(data.find(found).createdAt);
  return at(({ data: { kind } }) => kind === 'workspace.ready') - at(({ type, data: { to } }) => type === 'status' && to === 'provisioning');
}

function worktree(mirror, folder) {
  return timed(() => git(['worktree', 'add', '--quiet', '--detach', folder, 'HEAD'], mirror));
}

function shared(mirror, folder) {
  return timed(() => git(['clone', '--quiet', '--shared', mirror, folder], '/'));
}

function clone(url, folder) {
  return timed(() => git(['clone', '--quiet', '--depth', '1', url, folder], '/'));
}

function timed(work) {
  const began = performance.now();
  work();
  return performance.now() - began;
}

function git(args, cwd) {
  const { status, stderr } = spawnSync('git', args, { cwd, encoding: 'utf8', timeout: 120_000 });
  if (status !== 0) throw new Error(`git ${args.join(' ')} failed: ${stderr}`);
}
