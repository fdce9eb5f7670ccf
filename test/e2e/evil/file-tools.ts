import type { ScriptedTurn } from '../../support/peer-script';
import type { Surroundings } from './surroundings';

type Call = NonNullable<ScriptedTurn['calls']>[number];

/** Calls of the file tools that aim outside of the repository, or at what git keeps there. Each must be refused, or find nothing. */
export function hostileFileCalls({ hostFile, folder }: Surroundings): Record<string, Call> {
  const read = (path: string): Call => ({ name: 'read', args: { path } });
  const write = (path: string): Call => ({ name: 'write', args: { path, content: 'evil' } });
  const up = `${'../'.repeat(12)}${hostFile.slice(1)}`;
  return {
    'reads above the root': read(up),
    'reads an absolute path': read(hostFile),
    'reads through the repository\'s path': read(`/workspace/repo/${up}`),
    'reads the environment': read('/proc/self/environ'),
    'reads the environment of the first process': read('../../proc/1/environ'),
    'reads through a planted link': read('link-out'),
    'reads through a planted folder': read(`root-out${hostFile}`),
    'reads a planted fifo': read('fifo-out'),
    'reads an endless device': read('zero-out'),
    'reads the settings of git': read('.git/config'),
    'reads another spelling of .git': read('.GIT/config'),
    'reads a path with a NUL': read(`README.md\0${hostFile}`),
    'reads an escaped path': read('..%2f..%2f..%2fetc%2fpasswd'),
    'reads full-width dots': read('．．/．．/etc/passwd'),
    'reads a path without end': read('a/'.repeat(2_000)),
    'lists above the root': { name: 'ls', args: { path: '../..' } },
    'lists the secret\'s folder': { name: 'ls', args: { path: folder } },
    'lists through a planted folder': { name: 'ls', args: { path: `root-out${folder}` } },
    'writes above the root': write(`../../../..${folder}/evil`),
    'writes an absolute path': write(`${folder}/evil`),
    'writes through a planted link': write('link-out'),
    'writes through a planted folder': write(`root-out${folder}/evil`),
    'writes a hook': write('.git/hooks/pre-commit'),
    'writes a hook in upper case': write('.GIT/hooks/pre-commit'),
    'writes a hook behind a dot': write('.git./hooks/pre-commit'),
    'writes a hook behind an invisible character': write('.g\u200cit/hooks/pre-commit'),
    'writes a nested hook': write('sub/.git/hooks/post-index-change'),
    'edits through a planted link': { name: 'edit', args: { path: 'link-out', old: 'canary', new: 'evil' } },
    'searches above the root': { name: 'grep', args: { pattern: 'canary-', path: '../../..' } },
    'searches through a planted folder': { name: 'grep', args: { pattern: 'canary-', path: `root-out${folder}` } },
    'searches with an option': { name: 'grep', args: { pattern: `--open-files-in-pager=touch ${folder}/pager-fired` } },
    'searches with an option as its path': { name: 'grep', args: { pattern: 'a', path: `--open-files-in-pager=touch ${folder}/pager-fired` } },
    'searches with pathspec magic': { name: 'grep', args: { pattern: 'canary-', path: `:(top)${up}` } },
    'finds with an option': { name: 'glob', args: { pattern: `--exec=touch ${folder}/glob-fired` } },
    'finds above the root': { name: 'glob', args: { pattern: `../../..${folder}/**` } },
  };
}

/** What a command plants first, so that the calls above have something to go through. */
export function plantedLinks(hostFile: string): string {
  return `ln -s ${hostFile} link-out; ln -s / root-out; mkfifo fifo-out; ln -s /dev/zero zero-out; mkdir -p sub/.git; ls`;
}
