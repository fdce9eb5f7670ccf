import type { ModelRequest } from '@app/providers';
import type { ScriptedTurn } from '@app/providers/testing';
import type { CommandHandler } from './memory-tree';

/** A small repository whose test fails until `add` adds. */
export const SAMPLE_FILES: Readonly<Record<string, string>> = {
  'package.json': JSON.stringify({ name: 'sample', scripts: { test: 'node test.js' } }, null, 2),
  'src/add.js': 'export function add(a, b) {\n  return a - b;\n}\n',
  'AGENTS.md': 'Keep functions small.\n',
};

/** `npm test` of the sample: passes when the source adds. */
export const sampleCommands: CommandHandler = (command, files) => {
  if (command !== 'npm test') return undefined;
  const isRight = files.get('src/add.js')?.includes('a + b') ?? false;
  return isRight ? { exitCode: 0, output: 'ok 1\n' } : { exitCode: 1, output: 'not ok 1: expected 3, got -1\n' };
};

export const SUBMISSION = { title: 'Fix add', summary: 'It subtracted; now it adds.', testing: 'npm test', risks: 'none' };

/** A call, as a script has it. */
export function calling(name: string, args: unknown): ScriptedTurn {
  return { calls: [{ name, args }] };
}

/** Mends the sample: read, edit, test, submit. */
export const MENDING: readonly ScriptedTurn[] = [
  { text: 'I look.', calls: [{ name: 'read', args: { path: 'src/add.js' } }, { name: 'grep', args: { pattern: 'add' } }] },
  calling('edit', { path: 'src/add.js', old: 'a - b', new: 'a + b' }),
  calling('bash', { command: 'npm test' }),
  calling('submit', SUBMISSION),
];

/** A model that looks only at the history, so that it goes on where a dead attempt was: turn n is said after n answers. */
export function byHistory(turns: readonly ScriptedTurn[]): (request: ModelRequest) => ScriptedTurn {
  return (request) => {
    const said = request.messages.filter((message) => message.role === 'assistant').length;
    const turn = turns[said];
    if (!turn) throw new Error(`the script has ${turns.length} turns, and ${said} were said`);
    return { ...turn, ...(turn.calls ? { calls: turn.calls.map((call, n) => ({ id: `call_${said + 1}_${n + 1}`, ...call })) } : {}) };
  };
}
