// What the demo agent sees of its own work: the calls since its last accepted submission, and the task.
import { madeCalls, type Conversation, type MadeCall } from '../conversation';

const NUMBERED = /^\s*(\d+)\t(.*)$/;

export interface Round {
  /** What the user wants, without what the platform wrote around it. */
  readonly prompt: string;
  readonly calls: readonly MadeCall[];
  offers(tool: string): boolean;
}

export function roundOf(conversation: Conversation): Round {
  const all = madeCalls(conversation);
  const submitted = all.findLastIndex((call) => call.name === 'submit' && call.result !== null && !call.result.isError && !isRefused(call));
  return { prompt: promptOf(conversation), calls: all.slice(submitted + 1), offers: (tool) => conversation.tools.includes(tool) };
}

/** The platform gave the submission back. */
export function isRefused(call: MadeCall): boolean {
  return /^Refused/.test(call.result?.text ?? '');
}

/** The last call of this tool, with this argument if one is given. */
export function lastCall(round: Round, tool: string, argument?: { readonly [name: string]: unknown }): MadeCall | undefined {
  return round.calls.findLast((call) => call.name === tool && Object.entries(argument ?? {}).every(([name, value]) => argumentOf(call, name) === value));
}

export function argumentOf(call: MadeCall, name: string): unknown {
  return typeof call.args === 'object' && call.args !== null ? (call.args as Record<string, unknown>)[name] : undefined;
}

/** The lines of a file as `read` showed them, by number; empty when it could not be read. */
export function linesRead(round: Round, path: string): Map<number, string> {
  const text = lastCall(round, 'read', { path })?.result?.text ?? '';
  return new Map(text.split('\n').flatMap((line): [number, string][] => {
    const [, number, content = ''] = NUMBERED.exec(line) ?? [];
    return number === undefined ? [] : [[Number(number), content]];
  }));
}

/** Names in a folder as `ls` showed them; folders end with a slash. */
export function namesListed(round: Round): string[] {
  const text = lastCall(round, 'ls')?.result?.text ?? '';
  return text.split('\n').map((line) => line.replace(/ \((?:\d+ bytes|link)\)$/, '').trim()).filter((name) => name !== '' && !name.startsWith('['));
}

/** Paths as `glob` showed them. */
export function pathsFound(round: Round): string[] {
  const call = lastCall(round, 'glob');
  if (!call?.result || call.result.isError) return [];
  return call.result.text.split('\n').filter((line) => line !== '' && !line.startsWith('[') && !line.startsWith('no file'));
}

function promptOf(conversation: Conversation): string {
  const texts = conversation.entries.flatMap((entry) => (entry.role === 'user' ? [entry.text] : []));
  const tasks = texts.flatMap((text) => [...text.matchAll(/<task>\n?([\s\S]*?)\n?<\/task>/g)].map((match) => match[1] ?? ''));
  return (tasks.at(-1) ?? texts[0] ?? '').trim();
}
