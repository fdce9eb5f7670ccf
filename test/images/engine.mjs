// buildah and podman on a storage of their own, which is removed at the end.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';

const NEEDED = ['buildah', 'podman', 'runc', 'mmdebstrap', 'redis-server'];

/** Programs that are missing here. */
export function missingPrograms() {
  const folders = (process.env.PATH ?? '').split(delimiter).concat('/usr/sbin', '/sbin');
  return NEEDED.filter((program) => !folders.some((folder) => existsSync(join(folder, program))));
}

export class Engine {
  constructor() {
    this.kept = process.env.IMAGES_DIR;
    this.folder = this.kept ?? mkdtempSync(join(tmpdir(), 'async-coder-images-'));
    mkdirSync(this.folder, { recursive: true });
    const storage = ['--root', join(this.folder, 'storage'), '--runroot', join(this.folder, 'run'), '--storage-driver', 'overlay'];
    this.storage = storage;
    this.containers = new Set();
  }

  /** Runs buildah; returns what it printed. */
  buildah(args, options = {}) {
    return call('buildah', [...this.storage, ...args], { env: { ...process.env, BUILDAH_ISOLATION: 'chroot' }, ...options });
  }

  /** Runs podman; returns what it printed. */
  podman(args, options = {}) {
    return call('podman', [...this.storage, '--runtime', 'runc', '--cgroup-manager', 'cgroupfs', ...args], options);
  }

  /** Starts a container as locked down as production runs it. `more` are further options, `command` replaces the image's own. */
  start(name, image, { env = {}, more = [], command = [] } = {}) {
    const settings = Object.entries(env).flatMap(([key, value]) => ['--env', `${key}=${value}`]);
    this.containers.add(name);
    return this.podman([
      'run', '--detach', '--name', name, '--pull', 'never', '--read-only', '--cap-drop', 'all', '--security-opt', 'no-new-privileges', '--network', 'host', '--no-healthcheck',
      '--ulimit', 'nofile=4096:4096', '--ulimit', 'nproc=4096:4096', '--tmpfs', '/tmp:rw,mode=1777,size=256m', ...settings, ...more, image, ...command,
    ]);
  }

  /** The words of an image's HEALTHCHECK. */
  healthCheck(app) {
    const [{ Config, HealthCheck, Healthcheck }] = JSON.parse(this.podman(['inspect', '--type', 'image', `localhost/async-coder/${app}`]));
    return (HealthCheck ?? Healthcheck ?? Config.Healthcheck)?.Test ?? [];
  }

  /** What a container has said so far. */
  log(name) {
    return this.podman(['logs', name], { fails: true });
  }

  /** Sends a signal and waits for the end: `{exitCode, ms}`. */
  stop(name, seconds) {
    const began = Date.now();
    this.podman(['stop', '--time', String(seconds), name]);
    const exitCode = Number(this.podman(['inspect', '--format', '{{.State.ExitCode}}', name]).trim());
    return { exitCode, ms: Date.now() - began };
  }

  close() {
    for (const name of this.containers) this.podman(['rm', '--force', '--time', '2', name], { fails: true });
    if (this.kept !== undefined) return;
    this.podman(['system', 'reset', '--force'], { fails: true });
    rmSync(this.folder, { recursive: true, force: true });
  }
}

function call(program, args, { fails = false, show = false, ...options } = {}) {
  const result = spawnSync(program, args, { encoding: 'utf8', maxBuffer: 64 * 1024 ** 2, stdio: ['ignore', show ? 'inherit' : 'pipe', 'pipe'], ...options });
  if (result.error) throw result.error;
  const words = `${result.stdout ?? ''}${fails ? result.stderr : ''}`;
  if (result.status !== 0 && !fails) throw new Error(`${program} ${args.slice(6).join(' ')} ended ${result.status}\n${result.stdout ?? ''}${result.stderr}`.slice(-8_000));
  return words;
}
