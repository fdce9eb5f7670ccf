import { AppError } from '@app/common';
import { extname, join } from 'node:path';
import type { Bubblewrap } from '../../sandbox/bubblewrap';
import { SETUP_SECRETS_LEFT } from '../../sandbox/sandbox.errors';
import { agentSandbox, gitSandbox, type Box } from '../checkout';

const SEARCH_MS = 10 * 60_000;
const LIST_BYTES = 65_536;

/** The program's file: TypeScript in the source and JavaScript in the build. */
const PROGRAM_FILE = join(__dirname, `leftover-program${extname(__filename)}`);
const PROGRAM = `/opt/async-coder/tools/leftover-program${extname(__filename)}`;
/** Removes every file that holds one of the texts of its input, and prints their names. What cannot be read is made readable first: nothing hides. */
const SEARCH = `
places="/workspace/repo /workspace/scratch /workspace/home /workspace/deps /tmp"
chmod -R u+rwX $places 2>/dev/null
node --disable-warning=ExperimentalWarning ${PROGRAM} prepare || exit 3
look() { : > "$2"; [ -s "$1" ] || return 0; grep -rlaFZ -f "$1" -- $places > "$2" 2>/dev/null; [ $? -le 1 ]; }
look /dev/shm/short /dev/shm/found && look /dev/shm/longest /dev/shm/candidates && node --disable-warning=ExperimentalWarning ${PROGRAM} confirm || exit 4
xargs -0 -r rm -f -- < /dev/shm/found || exit 5
tr '\\0\\n' '\\n?' < /dev/shm/found
`;
/** Brings back tracked files that were removed. */
const BRING_BACK = 'export GIT_DIR=/workspace/private GIT_WORK_TREE=/workspace/repo; git ls-files -d -z | git checkout-index -q -f -z --stdin';

/**
 * Takes away what set-up wrote with a secret in it (an .npmrc, a log, a cache), so that the agent does not find it. Runs in a sandbox of its own, when set-up's has ended.
 * Returns the files' names.
 * @throws {AppError} setup_secrets_left when the search did not come to its end: then nothing can be said, and the workspace must not be used
 */
export async function removeLeftovers(box: Box, bubblewrap: Bubblewrap, spellings: readonly string[]): Promise<string[]> {
  if (spellings.length === 0) return [];
  const place = agentSandbox(box, bubblewrap, false);
  const program = { source: await bubblewrap.place(PROGRAM_FILE), target: PROGRAM, writable: false };
  const spec = { ...place, mounts: [...place.mounts, program], env: { LC_ALL: 'C' }, toleratedBytes: Number.MAX_SAFE_INTEGER, command: ['bash', '--norc', '-c', SEARCH] };
  const run = await bubblewrap.run(spec, { timeoutMs: SEARCH_MS, maxOutputBytes: LIST_BYTES, stdin: Buffer.from(JSON.stringify(spellings)) });
  if (run.exitCode !== 0) throw new AppError(SETUP_SECRETS_LEFT, `What set-up wrote could not be searched for secrets (${run.killed ?? `exit code ${run.exitCode}`}).`);
  const found = run.stdout.toString('utf8').split('\n').filter(Boolean);
  if (found.some((path) => path.startsWith('/workspace/repo/'))) await bubblewrap.run(gitSandbox(box, bubblewrap, BRING_BACK, {}), { timeoutMs: SEARCH_MS, maxOutputBytes: LIST_BYTES });
  return found;
}
