// Processes of a bench: starting them, and what they cost. Linux only: it reads /proc.
import { spawn } from 'node:child_process';
import { readFileSync, readdirSync, readlinkSync } from 'node:fs';
import { createInterface } from 'node:readline';

const READY_MS = 60_000;
/** 127.0.0.1 and ::1, as /proc writes them. */
const OWN_ADDRESS = /^(0100007F|00000000000000000000000001000000|0000000000000000FFFF00000100007F):/;

/** Children end with us, however we end. */
const running = new Set();
process.on('exit', () => running.forEach((child) => child.kill('SIGKILL')));
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => process.exit(130));

/** Starts a program that prints one JSON line with `url` (or what `ready` finds) once it serves. */
export async function startServer(name, args, { env = {}, ready = (line) => line.url, program = process.execPath } = {}) {
  const child = spawn(program, args, { env: { PATH: process.env.PATH, HOME: process.env.HOME, NODE_ENV: 'production', ...env }, stdio: ['ignore', 'pipe', 'pipe'] });
  running.add(child);
  child.once('exit', () => running.delete(child));
  let said = '';
  const keep = (text) => (said = (said + text).slice(-8_000));
  child.stderr.on('data', (bytes) => keep(bytes.toString()));
  const lines = createInterface({ input: child.stdout });
  const url = await new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`${name} was not ready in ${READY_MS} ms\n${said}`)), READY_MS);
    child.once('error', reject);
    child.once('exit', (code) => reject(new Error(`${name} ended with ${code}\n${said}`)));
    lines.on('line', (line) => {
      if (timer.hasRef()) keep(`${line}\n`);
      const found = ready(parse(line));
      if (!found) return;
      clearTimeout(timer);
      resolve(found);
    });
  });
  // Its log is read and thrown away, as a collector beside it would read it.
  lines.close();
  child.stdout.removeAllListeners('data');
  // BENCH_LOG=1 shows it.
  if (process.env.BENCH_LOG) child.stdout.pipe(process.stderr, { end: false });
  child.stdout.resume();
  const open = openAddresses(child.pid);
  if (open.length > 0) {
    await stop(child);
    throw new Error(`${name} listens beyond 127.0.0.1: ${open.join(', ')}`);
  }
  return { name, url, pid: child.pid, child, stop: () => stop(child) };
}

export function stop(child, signal = 'SIGTERM') {
  if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve();
  return new Promise((resolve) => {
    const harder = setTimeout(() => child.kill('SIGKILL'), 5_000);
    child.once('exit', () => {
      clearTimeout(harder);
      resolve();
    });
    child.kill(signal);
  });
}

/** Nanoseconds on a core so far, of every thread of the process. */
export function cpuOf(pid) {
  let sum = 0;
  for (const thread of readdirSync(`/proc/${pid}/task`)) sum += Number(readFileSync(`/proc/${pid}/task/${thread}/schedstat`, 'utf8').split(' ')[0]);
  return sum;
}

/** The same of all its children, those that have ended included (by the coarser clock of /proc/<pid>/stat). */
export function cpuOfFamily(pid) {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1].split(' ');
  const ended = (Number(fields[13]) + Number(fields[14])) * 10_000_000;
  return childrenOf(pid).reduce((sum, child) => sum + quiet(() => cpuOf(child)), ended + cpuOf(pid));
}

/** Nanoseconds of our own children that have ended. */
export function cpuOfEnded() {
  const fields = readFileSync('/proc/self/stat', 'utf8').split(') ')[1].split(' ');
  return (Number(fields[13]) + Number(fields[14])) * 10_000_000;
}

function childrenOf(pid) {
  return readdirSync(`/proc/${pid}/task`).flatMap((thread) => readFileSync(`/proc/${pid}/task/${thread}/children`, 'utf8').split(' ').filter(Boolean).map(Number));
}

/** Calls of the system that wrote something, so far. */
export function writesOf(pid) {
  return Number(/syscw: (\d+)/.exec(readFileSync(`/proc/${pid}/io`, 'utf8'))[1]);
}

/** Addresses that the process listens on beyond this machine's own: none may be there. */
export function openAddresses(pid) {
  const inodes = new Set(quietly(() => readdirSync(`/proc/${pid}/fd`), []).map((fd) => quietly(() => /socket:\[(\d+)\]/.exec(readlinkSync(`/proc/${pid}/fd/${fd}`))?.[1], null)));
  const lines = ['tcp', 'tcp6'].flatMap((table) => readFileSync(`/proc/${pid}/net/${table}`, 'utf8').split('\n').slice(1)).map((line) => line.trim().split(/\s+/));
  return lines.filter(([, , , state, , , , , , inode]) => state === '0A' && inodes.has(inode)).map(([, address]) => address).filter((address) => !OWN_ADDRESS.test(address));
}

/** Resident memory in MB. */
export function memoryOf(pid) {
  return Math.round(Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) / 1024);
}

function quietly(read, otherwise) {
  try {
    return read();
  } catch {
    return otherwise;
  }
}

function quiet(read) {
  try {
    return read();
  } catch {
    return 0;
  }
}

function parse(line) {
  try {
    return JSON.parse(line) ?? {};
  } catch {
    return {};
  }
}
