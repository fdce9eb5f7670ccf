import type { CheckRun, RegressionTest, Verification } from '../journal';
import type { AcceptContext } from '../modes/mode';
import { matchesAny } from '../text/glob-pattern';
import { tailOf } from '../text/shorten';
import type { ChangedFile, Workspace } from '../workspace';
import type { Check } from './discover';
import { ownExamNote } from './own-exam';

/** A test that fails without the change and passes with it, as it was run; or why that is not shown, in words for the model. */
export type RegressionProof = { readonly proven: true; readonly runs: readonly CheckRun[] } | { readonly proven: false; readonly reason: string };

const TEST_FILES = [
  '**/{test,tests,__tests__,spec,specs,testing,testdata,__snapshots__}/**', '**/{test,tests}.*', '**/*{.,-,_}{test,spec,int-spec,e2e-spec}.*', '**/test_*.py', '**/conftest.py', '**/*{Test,Tests,Spec}.{java,kt,kts,scala,groovy,cs,swift,php}',
  '**/test-*.*', '**/test_*.*',
];
/** One plain command: nothing of a shell that could make it fail and pass by itself. */
const PLAIN_COMMAND = /^[\w@%+=:,./ -]{1,500}$/;
const SHOWN_OUTPUT_CHARACTERS = 2_000;
const EXAM_FILES = ['package.json', 'Makefile'];
/** The shell's words for "cannot be run". */
const NOT_RUNNABLE = [126, 127];

type ProofContext = Pick<AcceptContext, 'workspace' | 'run' | 'baseline'>;

/**
 * Shows that a test tells the work from the base. The test's files of the head are laid over the base, where the command must fail; on the
 * head it must pass. So that the command's failing is the test's doing, it must also pass on the base as it was, or fail on the change
 * without the test. Without a changed test file, a check of the platform's that failed before will do.
 */
export async function proveRegression(given: RegressionTest | null, files: readonly ChangedFile[], context: ProofContext): Promise<RegressionProof> {
  const tests = testFilesOf(given, files);
  if (tests.length === 0) return given === null || given.files.length === 0 ? fromChecks(files, context) : notProven(`None of ${given.files.join(', ')} is a file that you changed.`);
  const check = commandOf(given, tests, context);
  if (typeof check === 'string') return notProven(check);
  const others = files.map((file) => file.path).filter((path) => !tests.includes(path));
  if (others.length === 0) return notProven('Only tests were changed: there is no correction.');
  return proofOf({ check, tests, fix: [...others, ...renamedFrom(files)], files }, context);
}

/** Changed files that are tests by their path, and those that the agent names as the test's. Where all seem to be tests, the named ones are. */
export function testFilesOf(given: RegressionTest | null, files: readonly ChangedFile[]): string[] {
  const named = given?.files.map((path) => path.replace(/^\.\//, '')) ?? [];
  const present = files.filter((file) => file.status !== 'deleted').map((file) => file.path);
  const tests = present.filter((path) => named.includes(path) || isTestFile(path));
  return tests.length === files.length && named.length > 0 ? present.filter((path) => named.includes(path)) : tests;
}

export function isTestFile(path: string): boolean {
  return matchesAny(path, TEST_FILES);
}

interface Proof {
  readonly check: Check;
  readonly tests: readonly string[];
  readonly fix: readonly string[];
  readonly files: readonly ChangedFile[];
}

async function proofOf({ check, tests, ...changed }: Proof, context: ProofContext): Promise<RegressionProof> {
  const { workspace, run } = context;
  const red = await workspace.onBaseWith(tests, (tree) => run(check, 'base', tree));
  if (red.status === 'passed') return notProven(`"${check.command}" passes on the code as it was before your change, with ${tests.join(', ')} laid over it: the test does not show the mistake.`);
  if (red.exitCode !== null && NOT_RUNNABLE.includes(red.exitCode)) return notProven(`"${check.command}" cannot be run: ${endOf(red.outputTail)}`);
  const green = await run(check, 'head', workspace);
  if (green.status !== 'passed') return notProven(`"${check.command}" fails on your change as well (exit code ${green.exitCode ?? 'none'}): ${endOf(green.outputTail)}`);
  if (!(await isTheTestsDoing({ check, ...changed }, context))) return notProven(`"${check.command}" gives the same without the test: it does not run ${tests.join(', ')}.`);
  const name = `Regression test: ${check.name}`;
  return { proven: true, runs: [{ ...red, name }, { ...green, name }] };
}

/**
 * Whether the test makes the difference: the base passes without it, or the fix alone, without it, does not. A check of the platform's that
 * failed before and passes now is a test by itself, as long as what it does was not changed.
 */
async function isTheTestsDoing({ check, fix, files }: Omit<Proof, 'tests'>, { workspace, run, baseline }: ProofContext): Promise<boolean> {
  const known = baseline?.checks.find((made) => made.phase === 'base' && made.command === check.command);
  const before = known ?? (await run(check, 'base', workspace.base));
  if (before.status === 'passed') return true;
  if (known !== undefined) return !(await isExamChanged(baseline, files, workspace));
  const withoutTest = await workspace.onBaseWith(fix, (tree) => run(check, 'base', tree));
  return withoutTest.status !== 'passed';
}

/** The command to prove with, or why there is none. */
function commandOf(given: RegressionTest | null, tests: readonly string[], { baseline }: ProofContext): Check | string {
  const checks = baseline?.checks.filter((made) => made.phase === 'base') ?? [];
  const command = given?.command.trim() ?? '';
  if (command === '') {
    const usual = checks.find((made) => /\btest|spec|check\b/i.test(made.command)) ?? checks[0];
    return usual === undefined ? 'regressionTest.command is missing, and no check command of the repository is known.' : { name: usual.name, command: usual.command };
  }
  const isCheck = checks.some((made) => made.command === command);
  if (isCheck) return { name: command, command };
  if (!PLAIN_COMMAND.test(command)) return 'regressionTest.command must be one plain command, without quotes, pipes and other signs of the shell; or a check command of the first message.';
  if (!tests.some((path) => mentions(command, path))) return `regressionTest.command must be a check command of the first message, or name one of the test's files: ${tests.join(', ')}.`;
  return { name: command, command };
}

/** No test was written: a check that failed before and passes now shows the same, if nothing that decides it was changed. */
async function fromChecks(files: readonly ChangedFile[], { workspace, run, baseline }: ProofContext): Promise<RegressionProof> {
  const missing = 'There is no regression test: no test file was changed. Write one where the project has its tests, and name it in regressionTest.';
  if (files.some((file) => isTestFile(file.path) || isTestFile(file.oldPath ?? ''))) return notProven(missing);
  if (baseline === null || (await isExamChanged(baseline, files, workspace))) return notProven(missing);
  for (const red of baseline.checks.filter((made) => made.phase === 'base' && made.status !== 'passed')) {
    if (red.exitCode !== null && NOT_RUNNABLE.includes(red.exitCode)) continue;
    const green = await run(red, 'head', workspace);
    // The table shows the check itself: it failed before and passes now.
    if (green.status === 'passed') return { proven: true, runs: [] };
  }
  return notProven(missing);
}

/** Whether the change edits a file that says what the checks do. */
async function isExamChanged(baseline: Verification | null, files: readonly ChangedFile[], workspace: Workspace): Promise<boolean> {
  for (const source of new Set([baseline?.source ?? '', ...EXAM_FILES])) if ((await ownExamNote(source, files, workspace)) !== null) return true;
  return false;
}

function renamedFrom(files: readonly ChangedFile[]): string[] {
  return files.flatMap((file) => (file.oldPath === null ? [] : [file.oldPath]));
}

function mentions(command: string, path: string): boolean {
  return command.split(' ').some((word) => word.replace(/^\.\//, '').split(/::|:/)[0] === path || (word.length > 2 && path.startsWith(`${word.replace(/^\.\//, '').replace(/\/(\.\.\.)?$/, '')}/`)));
}

function endOf(output: string): string {
  return output.trim() === '' ? '[no output]' : `\n${tailOf(output.trimEnd(), SHOWN_OUTPUT_CHARACTERS)}\n`;
}

function notProven(reason: string): RegressionProof {
  return { proven: false, reason };
}
