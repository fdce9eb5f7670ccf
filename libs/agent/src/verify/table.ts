import type { CheckRun, Verification } from '../journal';

/** Markdown table of what the checks gave on the base and on the result; a sentence when none ran. */
export function verificationTable(verification: Verification): string {
  const names = [...new Set(verification.checks.map((check) => check.name))];
  if (names.length === 0) return 'No check was run.';
  const rows = names.map((name) => {
    const find = (phase: CheckRun['phase']): CheckRun | undefined => verification.checks.find((check) => check.name === name && check.phase === phase);
    return row(find('base'), find('head'));
  });
  const head = ['| Command | Before | After | Exit code | Seconds | Already failing? |', '|---|---|---|---|---|---|'];
  return [...head, ...rows, '', `Commands from: ${verification.source}.`].join('\n');
}

function row(base: CheckRun | undefined, head: CheckRun | undefined): string {
  const shown = head ?? base;
  const cells = [cell(shown?.command ?? ''), word(base), word(head), shown?.exitCode ?? '-', shown === undefined ? '-' : (shown.durationMs / 1_000).toFixed(1), head?.alreadyFailing ? 'yes' : 'no'];
  return `| ${cells.join(' | ')} |`;
}

function word(check: CheckRun | undefined): string {
  return check === undefined ? 'not run' : { passed: 'passed', failed: 'failed', timed_out: 'timed out' }[check.status];
}

function cell(command: string): string {
  return `\`${command.replace(/`/g, '\'').replace(/\|/g, '\\|').replace(/\s*\n\s*/g, '; ')}\``;
}
