// What the demo agent does where it has no recording: notes on the files that it really saw, in one new file.
import type { PeerTurn } from '../turn';
import { STAND_IN } from './stand-in';
import { isRefused, lastCall, linesRead, namesListed, pathsFound, type Round } from './round';

const NOTES = 'ASYNC_CODER_DEMO.md';
const MOST_FILES = 40;

export function describeRepository(round: Round): PeerTurn {
  const exists = namesListed(round).includes(NOTES);
  if (exists && !lastCall(round, 'read', { path: NOTES })) return { text: `${NOTES} is there already; I read it before I replace it.`, calls: [{ name: 'read', args: { path: NOTES } }] };
  const written = lastCall(round, 'write', { path: NOTES });
  if (!written) return { text: `${STAND_IN} I can still show the way of a task: I write down which files I found.`, calls: [{ name: 'write', args: { path: NOTES, content: notes(round) } }] };
  return submission(round, written.result?.isError === true ? written.result.text : null);
}

function submission(round: Round, fault: string | null): PeerTurn {
  const refused = lastCall(round, 'submit');
  const unchanged = fault ?? (refused && isRefused(refused) ? refused.result?.text : undefined);
  const args = {
    title: 'Add notes on the repository (demonstration)',
    summary: `${STAND_IN}\n\nTo show the way of a task, this change adds \`${NOTES}\`: the request, and the files that were found by reading the repository. Nothing else was touched.`,
    testing: 'The file was written through the same tools a model uses. The platform runs the project\'s own checks.',
    risks: 'None beyond the new file. Configure a model and submit the task again to have the work done.',
    ...(unchanged === undefined ? {} : { noChangesReason: `${STAND_IN} The notes could not be delivered: ${unchanged}` }),
  };
  return { text: 'That is all that I can do.', calls: [{ name: 'submit', args }] };
}

function notes(round: Round): string {
  const paths = pathsFound(round).filter((path) => path !== NOTES);
  const listed = paths.slice(0, MOST_FILES).map((path) => `- \`${path}\``);
  const more = paths.length > MOST_FILES ? [`- … and ${paths.length - MOST_FILES} more`] : [];
  const heading = headingOf(round);
  return [
    '# Demonstration',
    '',
    STAND_IN,
    'This file shows that a task went through the whole platform: sandbox, tools, checks, commit, pull request.',
    '',
    '## The request',
    '',
    ...round.prompt.split('\n').map((line) => `> ${line}`.trimEnd()),
    '',
    '## What was found',
    '',
    ...(heading === null ? [] : [`The project calls itself “${heading}”.`, '']),
    `${paths.length} files:`,
    '',
    ...listed,
    ...more,
    '',
  ].join('\n');
}

/** The first heading of the project's own description. */
function headingOf(round: Round): string | null {
  const readme = namesListed(round).find((name) => /^readme/i.test(name));
  const lines = readme === undefined ? [] : [...linesRead(round, readme).values()];
  return lines.find((line) => /^#\s+\S/.test(line))?.replace(/^#\s+/, '').trim() ?? null;
}
