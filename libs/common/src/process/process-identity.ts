import { readFile } from 'node:fs/promises';

/** A process that stays the same one when its number is used again: number and start time in clock ticks since boot. */
export interface ProcessIdentity {
  readonly pid: number;
  readonly startTime: string;
}

/** The process with that number, or null when there is none or it is only waiting to be reaped. */
export async function identify(pid: number): Promise<ProcessIdentity | null> {
  let stat: string;
  try {
    stat = await readFile(`/proc/${pid}/stat`, 'latin1');
  } catch {
    return null;
  }
  // The program's name, in parentheses, may hold anything; fields are counted from its end.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const [state, startTime] = [fields[0], fields[19]];
  return startTime === undefined || state === 'Z' || state === 'X' ? null : { pid, startTime };
}

/** Whether that very process still runs. */
export async function isSameProcess(identity: ProcessIdentity | null): Promise<boolean> {
  if (!identity) return false;
  return (await identify(identity.pid))?.startTime === identity.startTime;
}

/** `pid startTime` of this process, as `parseIdentity` reads it. */
export async function ownIdentity(): Promise<string> {
  const own = await identify(process.pid);
  return `${process.pid} ${own?.startTime ?? '0'}\n`;
}

/** Null when the text is not an identity. */
export function parseIdentity(text: string): ProcessIdentity | null {
  const match = /^(\d{1,10}) (\d{1,20})\s*$/.exec(text);
  return match ? { pid: Number(match[1]), startTime: match[2] ?? '' } : null;
}
