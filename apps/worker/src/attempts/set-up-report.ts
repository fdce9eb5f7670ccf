import type { NewLogLine } from '@app/domain';
import type { SetUpOutcome } from '../workspace/set-up/set-up';
import { piecesOf } from './journal/log-lines';

const MOST_HOSTS_NAMED = 10;
const CACHE_NOTES: Readonly<Record<SetUpOutcome['cache'], string | null>> = {
  used: 'Set-up began with the dependencies of an earlier task.',
  kept: 'The dependencies are kept for the next task.',
  too_large: 'The dependencies are too many to be kept for the next task.',
  none: null,
};

/** Whether the command did what it should. */
export function hasFailed({ command }: SetUpOutcome): boolean {
  return command.exitCode !== 0;
}

/** What the task's log says about a set-up. */
export function linesOfSetUp(outcome: SetUpOutcome): NewLogLine[] {
  const { command, refused, removed } = outcome;
  const output = piecesOf(command.output || '(no output)').map((message): NewLogLine => ({ level: hasFailed(outcome) ? 'error' : 'info', source: 'setup', message }));
  const notes = CACHE_NOTES[outcome.cache] === null ? [] : [note('info', CACHE_NOTES[outcome.cache] ?? '')];
  const refusals = [...refused].map(([host, reason]) => note('warn', `${host} ${reason}. Set-up did not reach it.`));
  const left = removed.length === 0 ? [] : [note('warn', `Set-up wrote secrets into files. They were removed, so that the agent does not see them: ${removed.slice(0, 50).join(', ')}`)];
  return [...output, ...linesOfNetwork(outcome.network, 'setup'), ...refusals, ...left, ...notes];
}

/** What the task's log says about requests to the network. */
export function linesOfNetwork(requests: readonly string[], source: 'setup' | 'agent'): NewLogLine[] {
  if (requests.length === 0) return [];
  return piecesOf(`Network:\n${requests.join('\n')}`).map((message) => ({ level: 'info', source, message }));
}

/** Why a task whose set-up failed does not go on, in words for its owner. */
export function failureOfSetUp(setupCommand: string, { command, refused }: SetUpOutcome): string {
  const end = command.killed === null ? `ended with exit code ${command.exitCode ?? 'none'}` : `was ended: it ${ENDINGS[command.killed]}`;
  const hosts = [...refused.keys()].slice(0, MOST_HOSTS_NAMED).join(', ');
  const advice = hosts === '' ? '' : ` It was refused ${hosts}: an admin can allow hosts in the repository's settings (allowedHosts).`;
  return `The set-up command "${setupCommand}" ${end}.${advice} Its output is in the task's log.`;
}

const ENDINGS: Readonly<Record<NonNullable<SetUpOutcome['command']['killed']>, string>> = {
  timeout: 'took too long', memory: 'took more memory than it may', disk: 'took more disk than it may', files: 'made more files than it may', processes: 'started more processes than it may', output: 'wrote more than it may',
};

function note(level: NewLogLine['level'], message: string): NewLogLine {
  return { level, source: 'setup', message };
}
