import { matchesAny } from '../text/glob-pattern';
import type { ChangedFile } from '../workspace';
import { changedScripts, type FileSides } from './package-scripts';

/** Why a changed file deserves a second look. */
export type ProtectedKind = 'workflow' | 'ci' | 'lock_file' | 'package_scripts' | 'hook' | 'ownership';

/** A changed file that runs code with more rights than the change itself has, or decides what runs. */
export interface ProtectedFile {
  readonly path: string;
  readonly kind: ProtectedKind;
  /** For people: what such a file can do. */
  readonly why: string;
}

const lower = (globs: readonly string[]): readonly string[] => globs.map((glob) => glob.toLowerCase());

const WORKFLOWS = lower(['.github/workflows/**', '.github/actions/**', '.gitea/workflows/**', '.forgejo/workflows/**']);
const CI_CONFIG = lower([
  '.gitlab-ci.yml', '.gitlab-ci.yaml', '.gitlab/ci/**', '.circleci/**', '.buildkite/**', '.travis.yml', '.drone.yml', '.drone.star', '.woodpecker/**', '.woodpecker.yml', '.woodpecker.yaml', '.cirrus.yml', '.cirrus.star',
  'azure-pipelines.yml', 'azure-pipelines.yaml', 'azure-pipelines/**', '.azure-pipelines/**', 'bitbucket-pipelines.yml', 'appveyor.yml', '.appveyor.yml', '.semaphore/**', '.teamcity/**', 'buildspec.yml', 'cloudbuild.yaml', 'cloudbuild.yml',
  '**/Jenkinsfile', '**/Jenkinsfile.*', '**/*.jenkinsfile', '.screwdriver.yaml', 'wercker.yml', 'codefresh.yml', '.tekton/**', 'dagger.json',
]);
const HOOKS = lower([
  '**/.npmrc', '**/.yarnrc', '**/.yarnrc.yml', '**/.pnpmfile.cjs', '.husky/**', '.githooks/**', '.pre-commit-config.yaml', 'lefthook.yml', '.lefthook.yml', '**/binding.gyp', '**/build.rs', '**/setup.py', '**/action.yml', '**/action.yaml',
  '.devcontainer/**', '.vscode/tasks.json', '.vscode/settings.json', '**/.gitattributes', '**/.gitmodules', '**/pip.conf', '**/.cargo/config.toml',
]);
const OWNERSHIP = lower(['CODEOWNERS', '.github/CODEOWNERS', 'docs/CODEOWNERS', '.gitlab/CODEOWNERS', '.github/dependabot.yml', '.github/dependabot.yaml', '**/renovate.json', '.github/renovate.json', '.github/settings.yml']);
const LOCK_FILES = new Set([
  'package-lock.json', 'npm-shrinkwrap.json', 'yarn.lock', 'pnpm-lock.yaml', 'bun.lock', 'bun.lockb', 'poetry.lock', 'uv.lock', 'pdm.lock', 'pipfile.lock', 'cargo.lock', 'go.sum', 'composer.lock', 'gemfile.lock',
  'packages.lock.json', 'mix.lock', 'pubspec.lock', 'podfile.lock', 'flake.lock', 'gradle.lockfile', 'deno.lock',
]);
const WITH_SCRIPTS = new Set(['package.json', 'composer.json']);

const WHY: Readonly<Record<ProtectedKind, string>> = {
  workflow: 'a workflow runs on the forge, with the repository\'s secrets',
  ci: 'CI configuration decides what the CI server runs, with its secrets',
  lock_file: 'a lock file decides which code is installed',
  package_scripts: 'package scripts run when somebody installs, builds or tests',
  hook: 'it runs code or changes what tools do, for everybody who checks the repository out',
  ownership: 'it decides who must review, or which bot changes what',
};

/** Whether a forge or a CI server acts upon the file: who may write it may run code with the repository's secrets. */
export function isCiFile(path: string): boolean {
  const name = path.toLowerCase();
  return matchesAny(name, WORKFLOWS) || matchesAny(name, CI_CONFIG);
}

/** Files whose text has to be known to tell whether their scripts changed. */
export function mayHoldScripts(file: ChangedFile): boolean {
  return pathsOf(file).some((path) => WITH_SCRIPTS.has(baseName(path)));
}

/** The files of a change that deserve a second look, each once. `sidesOf` gives the text of those that `mayHoldScripts` names. */
export function protectedFiles(files: readonly ChangedFile[], sidesOf: (path: string) => FileSides | undefined): ProtectedFile[] {
  return files.flatMap((file) => {
    const kind = kindOf(file);
    if (kind !== null) return [{ path: file.path, kind, why: WHY[kind] }];
    if (!mayHoldScripts(file)) return [];
    const scripts = changedScripts(sidesOf(file.path) ?? { before: null, after: '' });
    return scripts.length === 0 ? [] : [{ path: file.path, kind: 'package_scripts' as const, why: `${WHY.package_scripts} (changed: ${scripts.join(', ')})` }];
  });
}

/** Also the place that a renamed file came from: taking a workflow away is a change of it. */
function kindOf(file: ChangedFile): ProtectedKind | null {
  const names = pathsOf(file).map((path) => path.toLowerCase());
  const is = (globs: readonly string[]): boolean => names.some((name) => matchesAny(name, globs));
  if (is(WORKFLOWS)) return 'workflow';
  if (is(CI_CONFIG)) return 'ci';
  if (names.some((name) => LOCK_FILES.has(baseName(name)))) return 'lock_file';
  if (is(HOOKS)) return 'hook';
  return is(OWNERSHIP) ? 'ownership' : null;
}

function pathsOf({ path, oldPath }: ChangedFile): string[] {
  return oldPath === null ? [path] : [path, oldPath];
}

function baseName(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}
