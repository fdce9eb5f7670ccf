import type { Verification } from '../journal';
import type { FileEntry, Tree } from '../workspace';

const MAX_ENTRIES = 200;
const MAX_FACT_CHARACTERS = 2_000;
const FACTS = { timeoutMs: 20_000, maxOutputBytes: 8_000 } as const;

const TOOLS = [
  'bash', 'git', 'make', 'cmake', 'gcc', 'node', 'npm', 'pnpm', 'yarn', 'bun', 'deno', 'python3', 'pip3', 'uv', 'poetry', 'pytest', 'go', 'cargo', 'rustc', 'java', 'mvn', 'gradle', 'ruby', 'bundle', 'php',
  'composer', 'dotnet', 'jq', 'rg',
];

/** One command that says what the machine has: all tools are asked at once, none for long, and the answer has one order. */
const COMMAND = `. /etc/os-release 2>/dev/null; echo "OS: \${PRETTY_NAME:-$(uname -s)}, $(uname -m), $(nproc 2>/dev/null || echo '?') processors"
ask() { command -v "$1" >/dev/null 2>&1 || return 0; case $1 in go) set -- go version;; *) set -- "$1" --version;; esac; v=$(timeout 4 "$@" </dev/null 2>/dev/null | grep -m 1 -oE '[0-9]+(\\.[0-9]+)+[A-Za-z0-9.+-]*' | head -n 1); echo "$1 $v"; }
{ for t in ${TOOLS.join(' ')}; do ask "$t" & done; wait; } | LC_ALL=C sort`;

/** Files that show which program installs a project's packages. */
const PACKAGE_MANAGERS: readonly (readonly [file: string, name: string])[] = [
  ['pnpm-lock.yaml', 'pnpm'], ['yarn.lock', 'yarn'], ['bun.lock', 'bun'], ['bun.lockb', 'bun'], ['package-lock.json', 'npm'], ['npm-shrinkwrap.json', 'npm'], ['deno.lock', 'deno'], ['uv.lock', 'uv'], ['poetry.lock', 'poetry'],
  ['Pipfile.lock', 'pipenv'], ['requirements.txt', 'pip'], ['Cargo.toml', 'cargo'], ['go.mod', 'go'], ['Gemfile', 'bundler'], ['composer.json', 'composer'], ['pom.xml', 'maven'], ['build.gradle', 'gradle'], ['build.gradle.kts', 'gradle'],
];

/** Operating system and versions of the tools in the sandbox, as the sandbox says them; [] when it cannot. */
export async function machineFacts(base: Tree, signal: AbortSignal): Promise<string[]> {
  const { exitCode, output, killed } = await base.exec(COMMAND, FACTS, signal);
  if (exitCode !== 0 || killed !== null) return [];
  const [system = '', ...tools] = output.slice(0, MAX_FACT_CHARACTERS).split('\n').map((line) => line.trim()).filter((line) => line !== '');
  return system === '' ? [] : [system, ...(tools.length === 0 ? [] : [`Tools: ${tools.join(', ')}`])];
}

/** What stands at the root. */
export function topLevel(entries: readonly FileEntry[]): string {
  const names = entries.slice(0, MAX_ENTRIES).map((entry) => (entry.kind === 'folder' ? `${entry.path}/` : entry.path));
  if (names.length === 0) return 'Top level: (empty)';
  return `Top level: ${names.join('  ')}${entries.length > MAX_ENTRIES ? `  … and ${entries.length - MAX_ENTRIES} more` : ''}`;
}

/** Which programs install what the project needs; [] when no file shows it. */
export function packageManagers(entries: readonly FileEntry[]): string[] {
  const names = new Set(entries.map((entry) => entry.path));
  const found = PACKAGE_MANAGERS.filter(([file]) => names.has(file));
  return found.length === 0 ? [] : [`Package manager: ${found.map(([file, name]) => `${name} (${file})`).join(', ')}`];
}

/** How the checks went before the work. */
export function checkFacts(baseline: Verification | null): string {
  const runs = baseline?.checks ?? [];
  if (runs.length === 0) return 'Check commands: none known.';
  const lines = runs.map((run) => `- ${run.command}: ${run.status === 'passed' ? 'passes' : `fails${run.exitCode === null ? '' : ` (exit code ${run.exitCode})`}`} before your change`);
  return `Check commands (from ${baseline?.source ?? 'the repository'}):\n${lines.join('\n')}`;
}
