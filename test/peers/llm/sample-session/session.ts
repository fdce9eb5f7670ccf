// A recorded session: how a model once repaired the sample repository. Every step looks at what the tools really answered and
// stops with a plain word when that is not what the recording met.
import { argumentOf, isRefused, lastCall, linesRead, type Round } from '../demo/round';
import type { PeerTurn, TurnCall } from '../turn';

const NAME = '"name": "sample-slugs"';
const TEST_COMMAND = 'npm test';
const BROKEN = /^(\s*)return slug\.replace\(\/\^-\|-\$\/, ''\);$/;
const RECORDED = 'Recorded session: no model is configured, this is a replay against the real files.';

const STEPS = ['See the test fail', 'Find the cause', 'Repair it', 'Run the tests again'];

interface Failure {
  readonly test: string;
  readonly file: string;
  readonly line: number;
  readonly actual: string | null;
  readonly expected: string | null;
}

/** Whether this is the sample, and the request is the one that was recorded: something fails and shall be repaired. */
export function playsHere(round: Round): boolean {
  const manifest = [...linesRead(round, 'package.json').values()].join('\n');
  return manifest.includes(NAME) && (round.offers('edit') || round.offers('apply_patch')) && round.offers('bash') && /\b(test|bug|fail|fix|broken|wrong)/i.test(round.prompt);
}

export function sampleSession(round: Round): PeerTurn {
  const runs = round.calls.filter((call) => call.name === 'bash' && argumentOf(call, 'command') === TEST_COMMAND);
  const first = runs[0];
  if (!first) return { text: 'I run the tests to see the failure with my own eyes.', calls: [...todo(0, round), bash()] };
  const failure = failureIn(first.result?.text ?? '');
  if (failure === null) return giveUp('The tests did not fail as they did in the recording.');
  if (!lastCall(round, 'read', { path: failure.file })) return readFailing(failure);
  const source = sourceOf(round);
  if (source === null) return readSources(round, failure);
  if (!lastChange(round)) return repair(round, failure, source);
  if (runs.length === 1) return { text: 'Now the tests again.', calls: [...todo(3, round), bash()] };
  return finish(round, { failure, path: source.path, output: runs.at(-1)?.result?.text ?? '' });
}

function readFailing(failure: Failure): PeerTurn {
  const difference = failure.actual === null || failure.expected === null ? '' : `: it got \`${failure.actual}\` where \`${failure.expected}\` is expected`;
  return { text: `“${failure.test}” fails at ${failure.file}:${failure.line}${difference}. I read that test.`, calls: [{ name: 'read', args: { path: failure.file } }] };
}

/** The test imports the package's index, and the index tells where the function lives: two steps at most. */
function readSources(round: Round, failure: Failure): PeerTurn {
  const open = importsOf(round, failure.file).flatMap((path) => [path, ...importsOf(round, path)]).filter((path) => !lastCall(round, 'read', { path }));
  const next = open.find((path) => path.includes('slugify')) ?? open[0];
  if (next === undefined) return giveUp('The line that the recording repaired is not in the files that the test uses.');
  return { text: 'I follow its import.', calls: [{ name: 'read', args: { path: next } }] };
}

interface Source {
  readonly path: string;
  readonly line: number;
  readonly text: string;
}

/** The broken line, in whichever file was read. After the edit it is remembered by the edit itself. */
function sourceOf(round: Round): Source | null {
  const changed = lastChange(round);
  if (changed) return changed;
  for (const call of round.calls.filter(({ name }) => name === 'read')) {
    const path = String(argumentOf(call, 'path'));
    const hit = [...linesRead(round, path)].find(([, text]) => BROKEN.test(text));
    if (hit) return { path, line: hit[0], text: hit[1] };
  }
  return null;
}

/** The repair, by whichever of the two tools this model is offered. */
function lastChange(round: Round): Source | null {
  const edited = lastCall(round, 'edit');
  if (edited) return { path: String(argumentOf(edited, 'path')), line: 0, text: String(argumentOf(edited, 'old')) };
  const patch = argumentOf(lastCall(round, 'apply_patch') ?? { id: '', name: '', args: {}, result: null }, 'input');
  const [, path, text] = /^\*\*\* Update File: (.+)\n@@.*\n-(.*)$/m.exec(typeof patch === 'string' ? patch : '') ?? [];
  return path === undefined || text === undefined ? null : { path, line: 0, text };
}

function change(round: Round, { path, text }: Source, fresh: string): TurnCall {
  if (round.offers('edit')) return { name: 'edit', args: { path, old: text, new: fresh } };
  return { name: 'apply_patch', args: { input: `*** Begin Patch\n*** Update File: ${path}\n@@\n-${text}\n+${fresh}\n*** End Patch` } };
}

function repair(round: Round, failure: Failure, source: Source): PeerTurn {
  const indent = BROKEN.exec(source.text)?.[1] ?? '';
  return {
    thinking: `The pattern at ${source.path}:${source.line} has two alternatives, but replace() without the g flag stops after the first match. A slug with a hyphen at both ends keeps the last one, which is what “${failure.test}” saw.`,
    text: `${source.path}:${source.line} replaces only the first match: a hyphen at the beginning is removed, and then the one at the end stays. The pattern needs the \`g\` flag.`,
    calls: [...todo(2, round), change(round, source, `${indent}return slug.replace(/^-+|-+$/g, '');`)],
  };
}

function finish(round: Round, { failure, path, output }: { failure: Failure; path: string; output: string }): PeerTurn {
  if (!/^exit code 0\b/.test(output)) return giveUp('The tests still fail after the recorded repair.');
  const refused = lastCall(round, 'submit');
  if (refused && isRefused(refused)) return giveUp(`The platform gave the work back: ${refused.result?.text.split('\n')[0]}`);
  const passed = /(?:pass|# pass) (\d+)/.exec(output)?.[1];
  const args = {
    title: 'Fix trimming of hyphens at both ends of a slug',
    summary: `\`trimHyphens\` in \`${path}\` removed only one hyphen: its pattern has two alternatives, but no \`g\` flag, so the replacement stopped after the first match. A title with signs at both ends kept a hyphen at the end.\n\nThe pattern now matches globally, so both ends are trimmed, as the README promises. The failing test “${failure.test}” covers it; no test was changed.`,
    testing: `\`${TEST_COMMAND}\` failed before the change (${failure.file}:${failure.line}) and passes after it${passed === undefined ? '' : `: ${passed} tests`}.`,
    risks: `Stored slugs that ended with a hyphen differ from newly made ones. ${RECORDED}`,
  };
  if (!isMarkedDone(round)) return { text: 'All tests pass. The work is done.', calls: todo(STEPS.length, round) };
  return { text: 'I hand it in.', calls: [{ name: 'submit', args }] };
}

/** Says why the recording does not fit, and hands that in. */
function giveUp(why: string): PeerTurn {
  const args = { title: 'Stop the recorded session', summary: `${RECORDED} ${why}`, testing: 'See the steps of the task.', risks: 'The task is not done.', noChangesReason: `${RECORDED} ${why}` };
  return { text: why, calls: [{ name: 'submit', args }] };
}

function bash(): TurnCall {
  return { name: 'bash', args: { command: TEST_COMMAND } };
}

/** The list with so many steps done and the next one begun. */
function todo(done: number, round: Round): TurnCall[] {
  if (!round.offers('todo')) return [];
  return [{ name: 'todo', args: { items: STEPS.map((text, n) => ({ text, state: n < done ? 'done' : n === done ? 'doing' : 'open' })) } }];
}

function isMarkedDone(round: Round): boolean {
  const items = argumentOf(lastCall(round, 'todo') ?? { id: '', name: '', args: {}, result: null }, 'items');
  return !round.offers('todo') || (Array.isArray(items) && items.every((item: { state?: unknown }) => item.state === 'done'));
}

/** The first failing test, as Node's runner prints it, in either of its formats. */
function failureIn(output: string): Failure | null {
  const test = /^(?:✖|not ok \d+ -) (?!failing tests)(.+?)(?: \([\d.]+ms\))?$/m.exec(output)?.[1];
  const [, file, line] = /\b(test\/[\w./-]+\.test\.js):(\d+)/.exec(output) ?? [];
  if (test === undefined || file === undefined) return null;
  return { test, file, line: Number(line), actual: /^\s*actual: '(.*)',?$/m.exec(output)?.[1] ?? null, expected: /^\s*expected: '(.*)',?$/m.exec(output)?.[1] ?? null };
}

/** Files of the repository that a file it read imports or exports from. */
function importsOf(round: Round, path: string): string[] {
  const folder = path.split('/').slice(0, -1);
  const text = [...linesRead(round, path).values()].join('\n');
  return [...text.matchAll(/from '(\.{1,2}\/[^']+)'/g)].map(([, relative = '']) => {
    const parts = [...folder];
    for (const step of relative.split('/')) {
      if (step === '..') parts.pop();
      else if (step !== '.') parts.push(step);
    }
    return parts.join('/');
  });
}
