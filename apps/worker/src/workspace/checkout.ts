import { AppError } from '@app/common';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Bubblewrap } from '../sandbox/bubblewrap';
import { preparedFolder } from '../sandbox/sandbox-folder';
import type { SandboxIdentity, SandboxMount, SandboxSpec } from '../sandbox/sandbox-spec';
import { GIT_TOO_LARGE, GIT_FAILED } from './git.errors';

const CHECKOUT_MS = 5 * 60_000;
const SEED = '/opt/async-coder/seed.git';

/**
 * Fills a fresh checkout, inside a sandbox. `private` is the repository that checkpoints are made with; its index knows the
 * files as they were written here, so that a later `add` reads only what changed. `repo/.git` is the agent's own to play with.
 */
const SCRIPT_HEAD = `
set -eu
umask 022
borrow() {
  mkdir -p "$1/objects/info"
  echo ${SEED}/objects > "$1/objects/info/alternates"
  if [ -f ${SEED}/shallow ]; then cp ${SEED}/shallow "$1/shallow"; fi
}
`;
const OWN_REPOSITORY = `
git init -q --template= -b "$BRANCH" /workspace/repo
borrow /workspace/repo/.git
cd /workspace/repo
git update-ref "refs/heads/$BRANCH" "$BASE"
cp /workspace/private/index .git/index
git reset -q >/dev/null 2>&1 || true
`;
const CHECKOUT_SCRIPT = `${SCRIPT_HEAD}
git init -q --bare --template= /workspace/private
borrow /workspace/private
GIT_DIR=/workspace/private GIT_WORK_TREE=/workspace/repo git read-tree --reset -u "$TREE"
${OWN_REPOSITORY}`;
/** Set-up may have planted anything in the agent's own repository: it is made anew, and git is told of the private one only. */
const LAY_OVER_SCRIPT = `${SCRIPT_HEAD}
rm -rf /workspace/repo/.git
(export GIT_DIR=/workspace/private GIT_WORK_TREE=/workspace/repo; git read-tree --reset -u "$TREE"; git clean -ffdq)
${OWN_REPOSITORY}`;

/** What every git in a sandbox is told; there is nothing of the machine's or a user's to read there anyway. */
export const SANDBOX_GIT_ENV: Readonly<Record<string, string>> = {
  HOME: '/tmp', GIT_CONFIG_NOSYSTEM: '1', GIT_CONFIG_GLOBAL: '/dev/null', GIT_TERMINAL_PROMPT: '0', GIT_ATTR_NOSYSTEM: '1', LC_ALL: 'C',
};

/** Host folders of one checkout and the sandbox they are used in. */
export interface Box {
  readonly folder: string;
  readonly identity: SandboxIdentity | null;
  readonly seed: string;
  readonly recordFolder: string;
}

/** Makes the empty folders of a box; only the sandbox's user can enter them. */
export async function makeBox(box: Box): Promise<void> {
  await mkdir(box.folder, { mode: 0o711 });
  for (const name of ['repo', 'scratch', 'home', 'tmp', 'deps', 'private']) await preparedFolder(join(box.folder, name), box.identity);
}

/** A sandbox over the box for the agent's commands and file tools. */
export function agentSandbox(box: Box, bubblewrap: Bubblewrap, readOnly: boolean): Omit<SandboxSpec, 'command'> {
  const own = (name: string, target = `/workspace/${name}`, writable = true): SandboxMount => ({ source: join(box.folder, name), target, writable });
  return {
    ...boxSandbox(box, bubblewrap),
    mounts: [own('repo', '/workspace/repo', !readOnly), own('scratch'), own('home'), own('deps'), own('tmp', '/tmp'), { source: box.seed, target: SEED, writable: false }],
    workingFolder: '/workspace/repo',
    env: { HOME: '/workspace/home' },
  };
}

/** A sandbox in which our own git runs over the box; the agent's processes are not in it. */
export function gitSandbox(box: Box, bubblewrap: Bubblewrap, script: string, env: Readonly<Record<string, string>>): SandboxSpec {
  const own = (name: string): SandboxMount => ({ source: join(box.folder, name), target: `/workspace/${name}`, writable: true });
  return {
    ...boxSandbox(box, bubblewrap),
    mounts: [own('repo'), own('private'), { source: box.seed, target: SEED, writable: false }],
    workingFolder: '/workspace',
    env: { ...SANDBOX_GIT_ENV, ...env },
    // With a socket as its input bash takes itself for a remote shell and would read a start-up file.
    command: ['bash', '--norc', '-c', script],
  };
}

/** A state of the repository that a box shows. */
export interface CheckoutState {
  readonly tree: string;
  readonly base: string;
  readonly branch: string;
}

/** Checks out `tree`; the agent's git sees `base` as its last commit. */
export function checkOut(box: Box, bubblewrap: Bubblewrap, what: CheckoutState): Promise<void> {
  return runScript(box, bubblewrap, what, CHECKOUT_SCRIPT);
}

/** Turns a box in which another state was checked out and worked on into `tree`; what git ignores stays. */
export function layOver(box: Box, bubblewrap: Bubblewrap, what: CheckoutState): Promise<void> {
  return runScript(box, bubblewrap, what, LAY_OVER_SCRIPT);
}

async function runScript(box: Box, bubblewrap: Bubblewrap, what: CheckoutState, script: string): Promise<void> {
  const spec = gitSandbox(box, bubblewrap, script, { TREE: what.tree, BASE: what.base, BRANCH: what.branch });
  const run = await bubblewrap.run(spec, { timeoutMs: CHECKOUT_MS, maxOutputBytes: 65_536 });
  if (run.killed === 'disk') throw new AppError(GIT_TOO_LARGE, 'The checkout takes more disk than a workspace may.');
  if (run.exitCode !== 0) throw new AppError(GIT_FAILED, 'The repository could not be checked out.', { cause: new Error(`${run.killed ?? ''} ${run.stderr.slice(-1_500)}`) });
}

/** What all sandboxes of a box have in common. */
export function boxSandbox(box: Box, bubblewrap: Bubblewrap): Pick<SandboxSpec, 'identity' | 'limits' | 'watchedFolder' | 'recordFolder'> {
  return { identity: box.identity, limits: bubblewrap.limits(), watchedFolder: box.folder, recordFolder: box.recordFolder };
}
