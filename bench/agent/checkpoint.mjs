// What saving a step costs in a large repository: ours by the rows (result to checkpoint, its transaction included), beside plain git in a tree of the same.
import { spawnSync } from 'node:child_process';
import { appendFileSync, mkdtempSync } from 'node:fs';
import { join } from 'node:path';
import { median } from '../lib/stats.mjs';
import { openHouse } from './house.mjs';
import { makeRepository } from './large.mjs';

const EDITS = 12;

export async function runCheckpoints({ rounds, record, say }) {
  const house = await openHouse('compatible');
  try {
    const repository = await house.addRepository('large', makeRepository(mkdtempSync(join(house.scratch, 'large-'))));
    const tree = join(house.scratch, 'tree');
    spawnSync('git', ['clone', '--quiet', repository.cloneUrl, tree]);
    for (let round = 0; round < rounds; round += 1) {
      const mark = `checkpoints, round ${round}`;
      const edit = (n) => ({ calls: [{ name: 'bash', args: { command: `echo "// ${n}" >> area-1/part-1/file-0.js` } }] });
      await house.script(mark, [...Array.from({ length: EDITS }, (_, n) => edit(n)), { calls: [{ name: 'submit', args: { title: 'Done', summary: 'It works.', testing: 'None.', risks: 'None.' } }] }]);
      const { id } = await house.client.post('/tasks', { repositoryId: repository.id, prompt: mark });
      for await (const { event } of house.client.events(id)) if (event === 'done') break;
      const rows = await house.rows(`SELECT type, extract(epoch FROM created_at) * 1000 AS at, data->>'durationMs' AS took FROM task_events WHERE task_id = $1 AND type IN ('model.completed', 'tool.result', 'checkpoint') ORDER BY seq`, [id]);
      const ours = median(gaps(rows));
      const plain = median(Array.from({ length: EDITS }, () => plainCheckpoint(tree)));
      record.sample('PH6', ours / plain);
      record.row('Checkpoint after an edit of one file of 3,800, ms', { round: round + 1, ours, 'plain git': plain });
      say(`checkpoint: ours ${ours.toFixed(0)} ms, plain git ${plain.toFixed(0)} ms`);
    }
  } finally {
    await house.close();
  }
}

/** From the model's answer to the rows of the step, less the tool's own time: results and checkpoint are written in one transaction. */
function gaps(rows) {
  return rows.flatMap((row, n) => (row.type === 'model.completed' && rows[n + 1]?.type === 'tool.result' ? [Number(rows[n + 1].at) - Number(row.at) - Number(rows[n + 1].took)] : [])).slice(1);
}

function plainCheckpoint(tree) {
  appendFileSync(join(tree, 'area-1/part-1/file-0.js'), '// more\n');
  const began = performance.now();
  const git = (...args) => spawnSync('git', args, { cwd: tree, encoding: 'utf8', env: { PATH: process.env.PATH, GIT_AUTHOR_NAME: 'a', GIT_AUTHOR_EMAIL: 'a@b', GIT_COMMITTER_NAME: 'a', GIT_COMMITTER_EMAIL: 'a@b' } }).stdout.trim();
  git('add', '-A');
  git('commit-tree', git('write-tree'), '-m', 'checkpoint');
  return performance.now() - began;
}
