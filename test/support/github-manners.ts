interface Asked {
  readonly method: string;
  readonly path: string;
  readonly caller: string;
  readonly body: { readonly repository_ids?: readonly number[]; readonly permissions?: Readonly<Record<string, string>> } | null;
}

interface Live {
  readonly repositoryIds: readonly number[] | null;
  readonly permissions: Readonly<Record<string, string>>;
}

/** Rights that a token may carry together: to clone, to publish, to review, to watch checks, to answer people. */
const MOST: Readonly<Record<string, 'read' | 'write'>> = { metadata: 'read', contents: 'write', pull_requests: 'write', checks: 'write', issues: 'write', statuses: 'read', actions: 'read' };
/** Tokens that only read names are ended beside the work. */
const PATIENCE_MS = 20_000;

/** That both processes spoke to GitHub's stand-in as its schema says, asked for narrow tokens only, and left none alive. */
export async function expectGithubManners(peer: string, { mayKeepReading = false } = {}): Promise<void> {
  const told = async <Row>(what: string): Promise<Row[]> => ((await (await fetch(`${peer}/__peer/${what}`)).json()) as { data: Row[] }).data;
  expect(await told('violations')).toEqual([]);
  const asked = (await told<Asked>('requests')).filter(({ method, path }) => method === 'POST' && path.endsWith('/access_tokens'));
  for (const { body } of asked) expect(outOfBounds(body)).toEqual([]);
  for (const end = Date.now() + PATIENCE_MS; ; await new Promise((resolve) => setTimeout(resolve, 100))) {
    const live = (await told<Live>('tokens/live')).filter(({ permissions }) => !mayKeepReading || Object.values(permissions).includes('write'));
    if (live.length === 0) return;
    if (Date.now() > end) expect(live).toEqual([]);
  }
}

/** What a token was asked for beyond one repository and the rights of one purpose. */
function outOfBounds(body: Asked['body']): string[] {
  const rights = Object.entries(body?.permissions ?? { everything: 'write' });
  const wide = rights.filter(([name, level]) => MOST[name] !== 'write' && MOST[name] !== level).map(([name, level]) => `${name}: ${level}`);
  const readsNames = rights.every(([name, level]) => name === 'metadata' && level === 'read');
  return readsNames || body?.repository_ids?.length === 1 ? wide : [...wide, 'more than one repository'];
}
