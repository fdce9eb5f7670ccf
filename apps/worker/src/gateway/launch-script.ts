import { dirname } from 'node:path';

/** What is to be run inside the sandbox, and beside it. */
export interface LaunchOrder {
  /** Socket of the gateway, the port of the loopback that leads to it, and the program that joins them. */
  readonly socket: string;
  readonly port: number;
  readonly forwarder: string;
  readonly node: string;
  /** Where `files` are put, by path. */
  readonly folder: string;
  readonly files: Readonly<Record<string, string>>;
  readonly workingFolder: string;
  readonly program: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly stdin: string;
  /** Names at the top of the working folder that are removed before and after, but for those to keep. */
  readonly leftovers: RegExp;
  readonly keep: readonly string[];
}

const STDIN_FILE = '.stdin';

/** The order as a script for bash, which gets it on its standard input: no argument of a process on the machine holds the token. */
export function launchScript(order: LaunchOrder): string {
  const { folder, workingFolder, program, args, env, port } = order;
  const files = Object.entries({ ...order.files, [STDIN_FILE]: order.stdin }).map(([path, content]) => written(`${folder}/${path}`, content));
  const command = [...Object.entries(env).map(([name, value]) => `${name}=${value}`), program, ...args].map(quoted).join(' ');
  return [
    ...tidyFunction(order),
    `mkdir -p ${quoted(folder)} && cd ${quoted(workingFolder)} || exit 125`,
    'tidy',
    ...files,
    `${quoted(order.node)} ${quoted(order.forwarder)} ${quoted(`--forward=${port}=${order.socket}`)} < /dev/null &`,
    `for n in {1..200}; do (exec 3<> /dev/tcp/127.0.0.1/${port}) 2> /dev/null && break; sleep 0.05; done`,
    `env -i ${command} < ${quoted(`${folder}/${STDIN_FILE}`)} 2>&1`,
    'code=$?',
    'tidy',
    'exit $code',
    '',
  ].join('\n');
}

/** What an agent leaves behind for itself is no part of the work; an earlier run may have been ended in the middle. */
function tidyFunction({ leftovers, keep }: LaunchOrder): string[] {
  return [
    `pattern=${quoted(leftovers.source)}`, 'shopt -s nullglob dotglob', 'tidy() {', '  for name in *; do', '    [[ $name =~ $pattern ]] || continue',
    ...(keep.length > 0 ? [`    case "$name" in ${keep.map(quoted).join('|')}) continue;; esac`] : []),
    '    rm -rf -- "$name" 2> /dev/null', '  done', '}',
  ];
}

function written(path: string, content: string): string {
  return `mkdir -p ${quoted(dirname(path))} && printf %s ${quoted(content)} > ${quoted(path)}`;
}

/** One word for bash, whatever is in it; no program takes a NUL. */
function quoted(text: string): string {
  return `'${text.replaceAll('\0', '').replaceAll('\'', '\'\\\'\'')}'`;
}
