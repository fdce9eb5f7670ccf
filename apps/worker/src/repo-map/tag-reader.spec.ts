import { Logger } from '@app/common';
import { PassThrough } from 'node:stream';
import type { Bubblewrap } from '../sandbox/bubblewrap';
import { Output, type SandboxProcess } from '../sandbox/sandbox-process';
import type { Box } from '../workspace/checkout';
import { TagReader, type TagCache } from './tag-reader';
import type { TagsRequest } from './tags-protocol';

const HASHES = ['a', 'b', 'c', 'd'].map((letter) => letter.repeat(40));
const never = new AbortController().signal;
const BOX: Box = { folder: '/nowhere', identity: null, seed: '/nowhere', recordFolder: '/nowhere' };

/** What a program inside answers to what it is asked; it ends after that. */
type Play = (request: TagsRequest) => string;

/** A reader whose sandboxes are played by the test, one after the other. */
function staged(...plays: readonly Play[]): { reader: TagReader; asked: TagsRequest[]; kills: string[] } {
  const asked: TagsRequest[] = [];
  const kills: string[] = [];
  const start = (): Promise<SandboxProcess> => {
    const [stdin, stdout] = [new PassThrough(), new PassThrough()];
    let finish: () => void = () => undefined;
    const ended = new Promise<{ exitCode: number; killed: null }>((resolve) => (finish = () => setImmediate(() => resolve({ exitCode: 1, killed: null }))));
    let text = '';
    stdin.on('data', (chunk: Buffer) => (text += chunk.toString()));
    stdin.on('end', () => {
      asked.push(JSON.parse(text) as TagsRequest);
      stdout.write(plays[asked.length - 1]?.(asked.at(-1)!) ?? '', () => finish());
    });
    return Promise.resolve({ stdin, stdout: new Output(stdout), ended, kill: (reason: string) => Promise.resolve(void kills.push(reason)) } as unknown as SandboxProcess);
  };
  const bubblewrap = { start, place: (file: string) => Promise.resolve(file), limits: () => ({ memoryBytes: 1, diskBytes: 1, processes: 1 }) } as unknown as Bubblewrap;
  return { reader: new TagReader(bubblewrap, Logger.create('silent', 'test')), asked, kills };
}

const found = (n: number, hash = HASHES[n]): string => `{"n":${n},"hash":"${hash}","tags":{"definitions":[["f${n}","function",1,"function f${n}()"]],"references":[["x",2]]}}\n`;
const paths = (request: TagsRequest | undefined): string[] => request?.files.map(({ path }) => path) ?? [];

describe('TagReader', () => {
  it('goes on without the file that ended the program', async () => {
    const cache: TagCache = new Map();
    const { reader, asked } = staged(() => `{"at":0}\n${found(0)}{"at":1}\n`, () => `{"at":0}\n${found(0, HASHES[2])}{"skip":1}\n`);
    const tags = await reader.of(BOX, cache)(['a.js', 'bad.js', 'c.js', 'd.js', 'README.md'], never);
    expect(asked.map(paths)).toEqual([['a.js', 'bad.js', 'c.js', 'd.js'], ['c.js', 'd.js']]);
    expect(asked[1]?.known).toEqual([HASHES[0]]);
    expect(tags.map(({ path }) => path)).toEqual(['a.js', 'c.js']);
    expect(tags[0]).toEqual({ path: 'a.js', definitions: [{ name: 'f0', kind: 'function', line: 1, text: 'function f0()' }], references: [['x', 2]] });
  });

  it('gives up after three programs', async () => {
    const { reader, asked } = staged(...Array.from({ length: 5 }, () => () => '{"at":0}\n'));
    expect(await reader.of(BOX, new Map())(['a.js', 'b.js', 'c.js', 'd.js'], never)).toEqual([]);
    expect(asked).toHaveLength(3);
  });

  it('keeps what a content had, whatever names it', async () => {
    const { reader } = staged(() => found(0) + `{"n":1,"hash":"${HASHES[0]}"}\n`);
    expect((await reader.of(BOX, new Map())(['a.js', 'copy.js'], never)).map(({ path, definitions }) => [path, definitions.length])).toEqual([['a.js', 1], ['copy.js', 1]]);
  });

  it.each([
    ['no JSON', 'rubbish\n'],
    ['no object', '[1]\n'],
    ['a file that nobody asked for', '{"skip":7}\n'],
    ['a hash that is none', '{"n":0,"hash":"../x"}\n'],
    ['a kind that is none', found(0).replace('"function"', '"virus"')],
    ['a name of several words', found(0).replace('"f0"', '"f 0"')],
    ['a text that is too long', found(0).replace('function f0()', 'x'.repeat(200))],
    ['more names than it may', found(0).replace('[["x",2]]', JSON.stringify(Array.from({ length: 900 }, (_none, n) => [`x${n}`, 1])))],
    ['a count that is none', found(0).replace('["x",2]', '["x",-2]')],
  ])('ends a program that answers %s', async (_name, answer) => {
    const { reader, kills } = staged(() => answer);
    expect(await reader.of(BOX, new Map())(['a.js'], never)).toEqual([]);
    expect(kills).toContain('protocol');
  });

  it('starts nothing for no source file', async () => {
    const { reader, asked } = staged();
    expect(await reader.of(BOX, new Map())(['README.md', 'Makefile'], never)).toEqual([]);
    expect(asked).toEqual([]);
  });
});
