import type { PullRequest, Repository } from '../repository';
import type { ReviewComment, Side } from './reviewing';

interface Hunk {
  readonly text: string;
  readonly old: readonly [from: number, count: number];
  readonly fresh: readonly [from: number, count: number];
}

const HEAD = /^@@ -(\d+)(?:,(\d+))? \+(\d+)(?:,(\d+))? @@/;

/** Where a comment may stand: the hunks that GitHub shows of a file. */
export async function hunksOf({ git }: Repository, { baseSha }: Pick<PullRequest, 'baseSha'>, commit: string, path: string): Promise<Hunk[] | null> {
  const names = (await git.git(['diff', '--name-only', '-z', '-M', `${baseSha}...${commit}`])).split('\0');
  if (!names.includes(path)) return null;
  // The whole diff, so that a moved file is compared with what it was.
  const files = (await git.git(['diff', '-M', '--no-color', `${baseSha}...${commit}`])).split(/^(?=diff --git )/m);
  const file = files.find((text) => text.split('\n').some((line) => line === `+++ b/${path}` || line === `--- a/${path}`)) ?? '';
  return file.split(/^(?=@@ )/m).slice(1).map(readHunk);
}

function readHunk(text: string): Hunk {
  const [, oldFrom, oldCount = '1', freshFrom, freshCount = '1'] = HEAD.exec(text) ?? [];
  return { text, old: [Number(oldFrom), Number(oldCount)], fresh: [Number(freshFrom), Number(freshCount)] };
}

/** The hunk that holds a line of that side; undefined: the line is not in the diff. LEFT: only what was deleted or is around it. */
export function hunkAt(hunks: readonly Hunk[], side: Side, line: number): Hunk | undefined {
  return hunks.find((hunk) => {
    const [from, count] = side === 'RIGHT' ? hunk.fresh : hunk.old;
    return line >= from && line < from + count;
  });
}

/** Where a comment's line is at the head of today; null: it is outdated. */
export async function lineToday({ git }: Repository, { headSha }: PullRequest, { commitId, path, line, side }: ReviewComment): Promise<number | null> {
  if (line === null || side === 'LEFT' || commitId === headSha) return line;
  const { code, stdout } = await git.try(['diff', '-U0', '--no-color', commitId, headSha, '--', path]);
  if (code !== 0) return null;
  let shift = 0;
  for (const hunk of stdout.split(/^(?=@@ )/m).slice(1).map(readHunk)) {
    const [from, count] = hunk.old;
    if (line >= from && line < from + count) return null;
    if (from + Math.max(count, 1) <= line) shift += hunk.fresh[1] - count;
  }
  return line + shift;
}
