/** How one command of a memory workspace ended. */
export interface ShellResult {
  readonly exitCode: number;
  readonly output: string;
}

/** Files by path; changed in place. */
export type Files = Map<string, string>;

/**
 * The few commands that tests without a real shell need: `cat`, `echo … [> file]`, `rm`, `exit`, `true`, `false`, joined by
 * `&&` or `;`. Anything else is "command not found", as a real shell says it.
 */
export function runSmallShell(command: string, files: Files): ShellResult {
  let output = '';
  let exitCode = 0;
  for (const [, joint = ';', text = ''] of `; ${command}`.matchAll(/(;|&&)\s*([^;&]+)/g)) {
    if (joint === '&&' && exitCode !== 0) continue;
    const words = (text.match(/"[^"]*"|'[^']*'|\S+/g) ?? []).map((word) => word.replace(/^(["'])(.*)\1$/s, '$2'));
    const result = runOne(words, files);
    output += result.output;
    exitCode = result.exitCode;
    if (words[0] === 'exit') break;
  }
  return { exitCode, output };
}

function runOne([name = '', ...args]: readonly string[], files: Files): ShellResult {
  switch (name) {
    case 'true':
      return { exitCode: 0, output: '' };
    case 'false':
      return { exitCode: 1, output: '' };
    case 'exit':
      return { exitCode: Number(args[0] ?? 0), output: '' };
    case 'echo':
      return echo(args, files);
    case 'cat': {
      const missing = args.filter((path) => !files.has(path));
      return missing.length > 0 ? { exitCode: 1, output: missing.map((path) => `cat: ${path}: No such file or directory\n`).join('') } : { exitCode: 0, output: args.map((path) => files.get(path)).join('') };
    }
    case 'rm':
      for (const path of args) files.delete(path);
      return { exitCode: 0, output: '' };
    default:
      return { exitCode: 127, output: `bash: ${name}: command not found\n` };
  }
}

function echo(args: readonly string[], files: Files): ShellResult {
  const to = args.indexOf('>');
  const text = `${(to < 0 ? args : args.slice(0, to)).join(' ')}\n`;
  if (to < 0) return { exitCode: 0, output: text };
  files.set(args[to + 1] ?? '', text);
  return { exitCode: 0, output: '' };
}
