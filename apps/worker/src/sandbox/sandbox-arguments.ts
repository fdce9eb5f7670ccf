import { existsSync, lstatSync, readlinkSync } from 'node:fs';
import type { SandboxIdentity, SandboxLimits, SandboxSpec } from './sandbox-spec';
import { SANDBOX_PATHS } from './sandbox-spec';
import type { Tools } from './toolbox';

/** `data` is no memory limit for Node, whose reserved ranges count; it only stops what the watchdog cannot see. */
const DATA_BACKSTOP_BYTES = 8 * 1024 ** 3;
const SHARED_MEMORY_BYTES = 64 * 1024 ** 2;
const OPEN_FILES = 4_096;

/** Host files under /etc without which ordinary programs do not start; none of them holds a secret. */
const ETC_READABLE = ['/etc/alternatives', '/etc/ld.so.cache', '/etc/ssl/certs', '/etc/ssl/openssl.cnf', '/etc/localtime'];
const USR_LINKS = ['/bin', '/sbin', '/lib', '/lib32', '/lib64', '/libx32'];

/** The arguments of `setpriv`, which ends up running the sandboxed command: setpriv → prlimit → bwrap → prlimit → command. */
export function sandboxArguments(spec: SandboxSpec, tools: Tools): string[] {
  return [
    ...setprivArguments(spec.identity),
    'prlimit', ...outerLimits(spec.limits), '--',
    'bwrap', ...namespaces(), ...systemMounts(tools), ...mounts(spec),
    // The root and /dev are memory file systems that belong to the sandbox's user: without this they could be filled.
    '--remount-ro', '/dev', '--remount-ro', '/',
    '--chdir', spec.workingFolder,
    ...environment(spec.env),
    '--',
    // Inside the user namespace the count is this sandbox's alone, whatever else runs as the same uid.
    'prlimit', `--nproc=${spec.limits.processes}`, '--',
    ...spec.command,
  ];
}

function setprivArguments(identity: SandboxIdentity | null): string[] {
  const user = identity ? ['--reuid', String(identity.uid), '--regid', String(identity.gid), '--clear-groups'] : [];
  return [...user, '--no-new-privs', '--pdeathsig', 'KILL', '--'];
}

function outerLimits(limits: SandboxLimits): string[] {
  return [`--data=${DATA_BACKSTOP_BYTES}`, `--fsize=${limits.diskBytes}`, '--core=0', `--nofile=${OPEN_FILES}`];
}

function namespaces(): string[] {
  return ['--unshare-all', '--unshare-user', '--disable-userns', '--die-with-parent', '--new-session', '--clearenv', '--cap-drop', 'ALL', '--uid', '1000', '--gid', '1000', '--hostname', 'sandbox', '--info-fd', '3'];
}

function systemMounts(tools: Tools): string[] {
  const links = USR_LINKS.flatMap((path) => usrLink(path));
  const etc = ETC_READABLE.flatMap((path) => ['--ro-bind-try', path, path]);
  const ownEtc = ['passwd', 'group', 'hosts', 'nsswitch.conf'].flatMap((name) => ['--ro-bind', `${tools.etc}/${name}`, `/etc/${name}`]);
  return [
    '--ro-bind', '/usr', '/usr', ...links, ...etc, ...ownEtc,
    '--ro-bind', tools.node, SANDBOX_PATHS.node,
    ...(tools.npm === null ? [] : ['--ro-bind', tools.npm, SANDBOX_PATHS.npm]),
    '--proc', '/proc',
    '--dev', '/dev', '--size', String(SHARED_MEMORY_BYTES), '--tmpfs', '/dev/shm',
  ];
}

/** /bin and its like are links into /usr on today's systems, folders on older ones. */
function usrLink(path: string): string[] {
  if (!existsSync(path)) return [];
  return lstatSync(path).isSymbolicLink() ? ['--symlink', readlinkSync(path), path] : ['--ro-bind', path, path];
}

function mounts(spec: SandboxSpec): string[] {
  const ownTemp = spec.mounts.some(({ target }) => target === '/tmp') ? [] : ['--size', String(SHARED_MEMORY_BYTES), '--tmpfs', '/tmp'];
  return [...ownTemp, ...spec.mounts.flatMap(({ source, target, writable }) => [writable ? '--bind' : '--ro-bind', source, target])];
}

function environment(extra: Readonly<Record<string, string>>): string[] {
  const all: Record<string, string> = { PATH: SANDBOX_PATHS.path, HOME: '/tmp', LANG: 'C.UTF-8', TERM: 'dumb', ...extra };
  return Object.entries(all).flatMap(([name, value]) => ['--setenv', name, value]);
}
