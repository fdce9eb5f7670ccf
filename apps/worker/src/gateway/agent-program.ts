import type { SandboxMount } from '../sandbox/sandbox-spec';
import { existsSync } from 'node:fs';
import { readFile, realpath, stat } from 'node:fs/promises';
import { delimiter, dirname, isAbsolute, join, resolve } from 'node:path';

/** An installed agent: where it is, on the machine and in the sandbox alike, and what the sandbox has to see for it. */
export interface AgentProgram {
  readonly path: string;
  readonly binFolder: string;
  readonly mounts: readonly SandboxMount[];
}

/** A program that is there, but cannot be used; in words for whoever runs the worker. */
export class UnusableProgram extends Error {}

/** Folders that mean something else inside the sandbox. */
const TAKEN = ['/tmp', '/workspace', '/proc', '/dev', '/opt/async-coder', '/etc'];

/** The first program of that name in these folders; null: none. */
export function findProgram(name: string, folders: readonly string[]): string | null {
  return folders.map((folder) => join(folder, name)).find((path) => existsSync(path)) ?? null;
}

/** Where agents are looked for: on the PATH, and below `.tools` of the folder that the worker runs in. */
export function agentFolders(path: string, slug: string, workingFolder: string): string[] {
  return [...path.split(delimiter).filter((folder) => isAbsolute(folder)), resolve(workingFolder, '.tools', slug, 'bin')];
}

/** @throws {UnusableProgram} when the sandbox could not see it */
export async function agentProgram(path: string): Promise<AgentProgram> {
  const sources = (await sourcesOf(path)).filter((source) => !isBelow(source, '/usr'));
  for (const source of sources) {
    const taken = TAKEN.find((folder) => isBelow(source, folder));
    if (taken !== undefined) throw new UnusableProgram(`${source} lies below ${taken}, which is another folder inside the sandbox. Install it elsewhere.`);
    const closed = await closedAt(source);
    if (closed !== null) throw new UnusableProgram(`sandbox users cannot reach ${source}: ${closed} is closed to them. Install it in a folder that everyone may enter, for instance /opt/async-coder-agents.`);
  }
  return { path, binFolder: dirname(path), mounts: sources.map((source) => ({ source, target: source, writable: false })) };
}

/** What a program needs besides /usr: its virtual environment and that one's Python, its node_modules, or only itself. */
async function sourcesOf(path: string): Promise<string[]> {
  const environment = dirname(dirname(path));
  const python = await readFile(join(environment, 'pyvenv.cfg'), 'utf8').catch(() => null);
  if (python !== null) {
    const home = /^home\s*=\s*(.+)$/m.exec(python)?.[1]?.trim() ?? '/usr/bin';
    return [environment, ...(isBelow(home, '/usr') || isBelow(home, environment) ? [] : [dirname(home)])];
  }
  const real = await realpath(path);
  const modules = real.split('/').indexOf('node_modules');
  const source = modules < 0 ? real : real.split('/').slice(0, modules + 1).join('/');
  return source === path || real === path ? [source] : [source, path];
}

function isBelow(path: string, folder: string): boolean {
  return path === folder || path.startsWith(`${folder}/`);
}

/** The folder on the way that others may not enter; null: there is none, or the sandbox runs as us. */
async function closedAt(path: string): Promise<string | null> {
  if (process.getuid?.() !== 0) return null;
  if (((await stat(path)).mode & 0o005) === 0) return path;
  for (let folder = dirname(path); ; folder = dirname(folder)) {
    if (((await stat(folder)).mode & 0o001) === 0) return folder;
    if (folder === dirname(folder)) return null;
  }
}

