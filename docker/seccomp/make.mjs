// Prints worker.json: the system calls a worker may make. Input: the default profile that podman brings (Debian: golang-github-containers-common), which already
// lets an unprivileged process make namespaces. Flattened for a process without any capability, as kubelets know no conditions: node docker/seccomp/make.mjs > docker/seccomp/worker.json
import { readFileSync } from 'node:fs';

const SOURCE = '/usr/share/containers/seccomp.json';
const ARCHITECTURES = ['SCMP_ARCH_X86_64', 'SCMP_ARCH_AARCH64'];
const OURS = new Set(['amd64', 'arm64']);
/** What bubblewrap needs, and a runtime's default profile gives only to a process with CAP_SYS_ADMIN. Each of them works only inside a user namespace of its own. */
const NAMESPACES = ['clone', 'mount', 'pivot_root', 'sethostname', 'setns', 'umount2', 'unshare'];
/** Ways into the kernel that neither Node, git nor a build uses. */
const NEVER = new Set(['add_key', 'bpf', 'fsconfig', 'fsmount', 'fsopen', 'fspick', 'io_uring_enter', 'io_uring_register', 'io_uring_setup', 'keyctl', 'mount_setattr', 'move_mount', 'name_to_handle_at', 'open_tree', 'perf_event_open', 'pidfd_getfd', 'process_vm_readv', 'process_vm_writev', 'ptrace', 'reboot', 'request_key', 'swapoff', 'swapon', 'syslog', 'userfaultfd']);

const { syscalls } = JSON.parse(readFileSync(SOURCE, 'utf8'));
const holds = ({ includes = {}, excludes = {} }) => (includes.arches ?? ['amd64']).some((arch) => OURS.has(arch)) && (includes.caps ?? []).length === 0 && !(excludes.arches ?? []).some((arch) => OURS.has(arch));
const allowed = syscalls.filter((rule) => rule.action === 'SCMP_ACT_ALLOW' && holds(rule));
const plain = new Set(allowed.filter((rule) => !rule.args?.length).flatMap((rule) => rule.names).filter((name) => !NEVER.has(name)));
const missing = NAMESPACES.filter((name) => !plain.has(name));
for (const name of NAMESPACES) plain.delete(name);
if (missing.length > 0) process.stderr.write(`not in the source's own list: ${missing.join(', ')}\n`);
const profile = {
  defaultAction: 'SCMP_ACT_ERRNO',
  // ENOSYS: the C library then takes an older call.
  defaultErrnoRet: 38,
  architectures: ARCHITECTURES,
  syscalls: [
    { names: [...plain].sort(), action: 'SCMP_ACT_ALLOW' },
    { names: NAMESPACES, action: 'SCMP_ACT_ALLOW' },
    { names: [...NEVER].sort(), action: 'SCMP_ACT_ERRNO', errnoRet: 1 },
    ...allowed.filter((rule) => rule.args?.length).map(({ names, action, args }) => ({ names, action, args: args.map(({ index, value, op }) => ({ index, value, op })) })),
  ],
};
process.stdout.write(`${JSON.stringify(profile, null, 2).replace(/\[\n\s+("[^\]{}]*")\n\s+\]/g, (list) => list.replace(/\s*\n\s*/g, ' '))}\n`);
