import { WorkspaceError, type Workspace } from '../../workspace';
import type { FileVersions } from '../file-versions';
import { checkPath } from '../path-rules';
import { applyHunks } from './apply-hunks';
import type { FilePatch } from './parse-patch';

/** What a patch makes of one file. Hashes are of the content before. */
export type FileChange =
  | { readonly t: 'add'; readonly path: string; readonly content: string }
  | { readonly t: 'delete'; readonly path: string; readonly before: string; readonly hash: string }
  | { readonly t: 'update'; readonly path: string; readonly moveTo: string | null; readonly before: string; readonly hash: string; readonly content: string; readonly at: readonly number[] };

/** What a patch does, or everything that is wrong with it. */
export type PatchChanges = { readonly ok: true; readonly changes: readonly FileChange[] } | { readonly ok: false; readonly reasons: readonly string[] };

interface Files {
  readonly workspace: Workspace;
  readonly versions: FileVersions;
}

/** Paths that the patch writes, as the model gave them. */
export function pathsOf(files: readonly FilePatch[]): string[] {
  return files.flatMap((file) => (file.t === 'update' && file.moveTo !== null ? [file.path, file.moveTo] : [file.path]));
}

/** Works a patch out without writing anything. */
export async function workOut(files: readonly FilePatch[], host: Files): Promise<PatchChanges> {
  const twice = namedTwice(files);
  if (twice !== null) return { ok: false, reasons: [`${twice} is named in two sections; put all its hunks into one "*** Update File" section`] };
  const changes: FileChange[] = [];
  const reasons: string[] = [];
  for (const file of files) {
    const change = await changeOf(file, host);
    if (typeof change === 'string') reasons.push(change);
    else changes.push(change);
  }
  return reasons.length > 0 ? { ok: false, reasons } : { ok: true, changes };
}

function namedTwice(files: readonly FilePatch[]): string | null {
  const seen = new Set<string>();
  for (const given of pathsOf(files)) {
    const path = inTree(given);
    if (seen.has(path)) return path;
    seen.add(path);
  }
  return null;
}

/** Null and absent move targets, and moves to the same place, change no name. */
async function changeOf(file: FilePatch, { workspace, versions }: Files): Promise<FileChange | string> {
  const path = inTree(file.path);
  if (file.t === 'add') return (await isThere(path, workspace)) ? `${path} exists; use "*** Update File: ${path}" to change it` : { t: 'add', path, content: file.content };
  if (!versions.isKnown(path)) return `Read ${path} before you change it`;
  const there = await readWhole(path, workspace);
  if (typeof there === 'string') return there;
  if (!versions.isCurrent(path, there.hash)) return `${path} changed since you read it; read it again`;
  if (file.t === 'delete') return { t: 'delete', path, before: there.content, hash: there.hash };
  const moveTo = file.moveTo === null ? null : inTree(file.moveTo);
  if (moveTo !== null && (await isThere(moveTo, workspace))) return `${moveTo} exists; ${path} cannot be moved there`;
  const applied = applyHunks(there.content, file.hunks);
  if (!applied.ok) return `${path}: ${applied.reason}`;
  return { t: 'update', path, moveTo, before: there.content, hash: there.hash, content: applied.content, at: applied.at };
}

async function readWhole(path: string, workspace: Workspace): Promise<{ content: string; hash: string } | string> {
  try {
    return await workspace.readWhole(path);
  } catch (error) {
    if (error instanceof WorkspaceError) return `${path}: ${error.message}`;
    throw error;
  }
}

async function isThere(path: string, workspace: Workspace): Promise<boolean> {
  try {
    await workspace.readWhole(path);
    return true;
  } catch (error) {
    if (error instanceof WorkspaceError) return error.code !== 'not_found';
    throw error;
  }
}

/** The policy checked these paths before the tool ran. */
function inTree(given: string): string {
  const checked = checkPath(given);
  return checked.ok ? checked.path : given;
}
