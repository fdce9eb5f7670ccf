// The engine beside a bare loop, mini-swe-agent and aider; many tasks in one worker; recovery, history and checkpoints.
import { median } from '../lib/stats.mjs';
import { runCheckpoints } from './checkpoint.mjs';
import { runEdit } from './edit.mjs';
import { runHistory } from './history.mjs';
import { runMany } from './many.mjs';
import { runRecovery } from './recovery.mjs';
import { MOST_STEPS, runSteps } from './steps.mjs';

const TOO_FAR = `a task makes at most 200 model calls, so there is no step 500; the pace along ${MOST_STEPS} steps is in the table`;

export async function run({ plan, record, say }) {
  const wants = (...ids) => !plan.only || ids.some((id) => plan.only.includes(id));
  record.skip(['PH1b', 'PH7.500'], TOO_FAR);
  if (wants('PH2')) await record.part(['PH2'], say, () => runHistory({ pairs: plan.pairs * 2, record, say }));
  if (wants('PH5')) await record.part(['PH5'], say, () => runRecovery({ pairs: plan.pairs, record, say }));
  if (wants('PH1', 'PH7')) await record.part(['PH1', 'PH7.50'], say, () => steps({ plan, record, say }));
  if (plan.smoke) return;
  if (wants('PH6')) await record.part(['PH6'], say, () => runCheckpoints({ rounds: plan.pairs, record, say }));
  if (wants('PH8')) await record.part(['PH8.wall', 'PH8.cpu'], say, () => edit({ plan, record, say }));
  if (wants('PH3', 'PH4')) await record.part(['PH3', 'PH4.rate', 'PH4.delay'], say, () => runMany({ tasks: plan.tasks, steps: plan.pairs >= 5 ? 120 : 60, record, say }));
}

async function steps({ plan, record, say }) {
  const rows = await runSteps({ rounds: plan.pairs, steps: plan.steps, command: (n) => `bash -c true # ${n}`, arms: ['bare', 'again', 'mini-swe-agent', 'ours'], say });
  const of = (arm) => rows.filter((row) => row.arm === arm).sort((a, b) => a.round - b.round);
  const [bare, again, mini, ours] = ['bare', 'again', 'mini-swe-agent', 'ours'].map(of);
  record.again('bare ÷ bare, a step', ...again.map(({ all }, n) => all / bare[n].all));
  // The checkpoint has a goal of its own, and is most of what stands between an answer and the rows of its step.
  ours.forEach((one, n) => record.sample('PH1', one.parts.model + one.parts.tool + one.parts.between - bare[n].all));
  if (mini.length > 0) ours.forEach((one, n) => record.sample('PH7.50', (one.along[50] ?? one.late) / (mini[n].along[50] ?? mini[n].late)));
  else record.skip('PH7.50', 'mini-swe-agent is not installed (MINI_SWE_AGENT_PYTHON names its Python)');
  for (const [arm, all] of [['bare', bare], ['mini-swe-agent', mini], ['ours', ours]].filter(([, list]) => list.length > 0)) {
    const marks = Object.keys(all[0].along);
    record.row('Milliseconds a step along a task', { arm, ...Object.fromEntries(marks.map((mark) => [mark, median(all.map(({ along }) => along[mark]))])) });
  }
  const at = (part) => median(ours.map(({ parts }) => parts[part]));
  record.row('A step of ours, ms (medians)', { whole: median(ours.map(({ all }) => all)), 'model call with T2': at('model'), 'answer to rows: tool, checkpoint, T3, T4': at('act'), 'of it the tool': at('tool'), 'rows to the next call': at('between'), 'bare loop': median(bare.map(({ all }) => all)) });
  record.holds('each arm made every step; ours each once');
}

async function edit({ plan, record, say }) {
  const rows = await runEdit({ rounds: plan.pairs, say });
  const of = (arm) => rows.filter((row) => row.arm === arm);
  const [aider, ours] = ['aider', 'ours'].map(of);
  if (aider.length === 0) return record.skip(['PH8.wall', 'PH8.cpu'], 'aider is not installed: node scripts/install-aider.mjs, or AIDER_PATH');
  ours.forEach((one, n) => {
    record.sample('PH8.wall', one.ms / aider[n].ms);
    record.sample('PH8.cpu', one.cpu / aider[n].cpu);
  });
  for (const [arm, all] of [['aider', aider], ['ours', ours]]) record.row('One scripted edit, ms', { arm, wall: median(all.map(({ ms }) => ms)), CPU: median(all.map(({ cpu }) => cpu)) });
}
