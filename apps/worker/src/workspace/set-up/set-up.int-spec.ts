import { Secret } from '@app/common';
import { readdir, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { GitWorkspace } from '../git-workspace';
import { NpmRegistry } from '../testing/npm-registry';
import { never, WorkspaceFixture } from '../testing/workspace-fixture';
import type { SetUpEnvironment } from '../workspace-request';

jest.setTimeout(90_000);
const OPTIONS = { timeoutMs: 20_000, maxOutputBytes: 100_000 } as const;
const TOKEN = 'npm_Wq83-tok/en+value==';
const LINES = 'QUJDREVGR0hJSktMTU5PUA01\nc2Vjb25kbGluZW9mdGhla2V5';
/** Asks the sandbox's door for an address, and prints status and text. */
const ASK = `require('http').request({ host: '127.0.0.1', port: 8118, path: process.argv[2] }, (r) => { let t = ''; r.on('data', (d) => t += d).on('end', () => console.log(r.statusCode, t.trim())); }).on('error', (e) => console.log(e.code)).end();`;

let registry: NpmRegistry;
let fixture: WorkspaceFixture;
beforeAll(async () => {
  registry = await NpmRegistry.start();
  fixture = await WorkspaceFixture.create({ onThisMachine: [registry.host] });
  await fixture.commit({ ...(await registry.project(fixture)), 'ask.js': ASK, 'tracked.env': 'A=1\n', 'prepare.sh': 'echo base prepared "$TOKEN" > node_modules/prepared; mkdir -p node_modules; echo by the base > node_modules/who\n' });
});
beforeEach(() => (registry.asked.length = 0));
afterEach(() => fixture.closeAll());
afterAll(async () => {
  registry.stop();
  await fixture.remove();
});

const environment = (more: Partial<SetUpEnvironment> = {}): SetUpEnvironment => ({ secrets: new Map(), allowedHosts: [registry.host], defaultBranch: 'main', agentNetwork: false, ...more });
const secrets = new Map([['TOKEN', new Secret(TOKEN)], ['KEY', new Secret(LINES)]]);
const open = (setupCommand: string, more: Parameters<WorkspaceFixture['open']>[0] = {}): Promise<GitWorkspace> => fixture.open({ setupCommand, environment: environment(), ...more });
const said = async (workspace: GitWorkspace, command: string): Promise<string> => (await workspace.exec(command, OPTIONS, never)).output;
const caches = async (): Promise<string[]> => (await readdir(join(fixture.dataDir, 'dependencies'), { recursive: true }).catch(() => [])).filter((name) => name.endsWith('.tar'));

describe('set-up', () => {
  it('installs over the door, which is shut when the agent comes', async () => {
    const workspace = await open('npm ci && node ask.js http://evil.example/x');
    expect(workspace.setUp).toMatchObject({ command: { exitCode: 0 }, cache: 'kept', removed: [] });
    expect(workspace.setUp?.network).toEqual(expect.arrayContaining([expect.stringMatching(/^registry\.example:\d+ allowed, 0 bytes sent, \d+ received$/), 'evil.example:80 refused: is not on the list of allowed hosts']));
    expect([...(workspace.setUp?.refused ?? [])]).toEqual([['evil.example:80', 'is not on the list of allowed hosts']]);
    expect(workspace.setup?.output).toContain('403 Async Coder: evil.example:80 is not on the list');
    expect(registry.asked).toEqual(['/tiny/-/tiny-1.0.0.tgz']);

    expect(await said(workspace, 'node -p "require(\'tiny\')"')).toBe('tiny works\n');
    expect(await said(workspace, `node ask.js http://${registry.host}/; ls /opt/async-coder | tr '\\n' ' '; env | grep -ci proxy; grep -c / /proc/net/unix; exec 3<>/dev/tcp/127.0.0.1/8118`)).toMatch(/^ECONNREFUSED\nnode seed\.git tools 0\n0\n[^]*refused/);
    expect(await said(workspace, 'ls /opt/async-coder/tools | grep -c forwarder')).toBe('0\n');
    expect(registry.asked).toHaveLength(1);
    await workspace.dispose();
  });

  it('begins the next task of the repository with the cache, as set-up left it and nothing later', async () => {
    const before = (await caches()).length;
    const first = await open('npm ci');
    expect(first.setUp?.cache).toBe('kept');
    expect(await said(first, 'echo planted > /workspace/deps/planted; echo planted > /workspace/deps/npm/planted; ls /workspace/deps')).toBe('npm\nplanted\n');
    registry.asked.length = 0;
    const second = await open('npm ci');
    expect([second.setUp?.cache, registry.asked, await said(second, 'node -p "require(\'tiny\')"; find /workspace/deps -name planted')]).toEqual(['used', [], 'tiny works\n']);
    expect(await caches()).toHaveLength(before + 1);
    await Promise.all([first.dispose(), second.dispose()]);
  });

  it('shares no cache between organizations, repositories, commands and lock files', async () => {
    await (await open('touch /workspace/deps/silent')).dispose();
    const repository = fixture.request().repository;
    const others = [{ repository: { ...repository, organizationId: 'organization-2' } }, { repository: { ...repository, id: 'repository-2' } }];
    for (const other of others) {
      const workspace = await open('touch /workspace/deps/silent', other);
      expect([other.repository, workspace.setUp?.cache]).toEqual([other.repository, 'kept']);
      await workspace.dispose();
    }
    await fixture.commit({ 'sub/package-lock.json': '{}' }, 'other-lock');
    const workspace = await open('touch /workspace/deps/silent', { ref: 'other-lock' });
    expect(workspace.setUp?.cache).toBe('kept');
    await workspace.dispose();
  });

  it('lets a branch begin with the cache of the default branch, not the other way round', async () => {
    await fixture.commit({ 'feature.txt': 'x' }, 'feature');
    const feature = await open('touch /workspace/deps/branches', { ref: 'feature' });
    const main = await open('touch /workspace/deps/branches');
    await fixture.commit({ 'feature.txt': 'x' }, 'late');
    const late = await open('touch /workspace/deps/branches', { ref: 'late' });
    expect([feature, main, late].map(({ setUp }) => setUp?.cache)).toEqual(['kept', 'kept', 'used']);
    await Promise.all([feature, main, late].map((workspace) => workspace.dispose()));
  });

  it('keeps nothing of a set-up that failed, without a lock file, or that is too large', async () => {
    const failed = await open('touch /workspace/deps/x; exit 3');
    expect(failed.setUp).toMatchObject({ command: { exitCode: 3 }, cache: 'none' });
    await fixture.commit({ 'README.md': 'x' }, 'bare', 'git rm -q package-lock.json');
    const bare = await open('echo x > /workspace/deps/x', { ref: 'bare' });
    expect(bare.setUp?.cache).toBe('none');
    Object.assign(fixture.config.egress, { DEPENDENCY_CACHE_ENTRY_MB: 1 });
    const large = await open('head -c 3000000 /dev/urandom > /workspace/deps/x');
    expect(large.setUp?.cache).toBe('too_large');
    await Promise.all([failed, bare, large].map((workspace) => workspace.dispose()));
  });
});

describe('secrets', () => {
  it('are in the environment of set-up, and gone before the agent', async () => {
    const command = `
      node -e 'console.log(process.env.TOKEN.length, process.env.KEY.split("\\n").length)'; echo "said $TOKEN"; echo "$KEY"; printf '%s' "$TOKEN" | base64; printf 'user:%s' "$TOKEN" | base64 -w0
      echo "//r/:_authToken=$TOKEN" > ~/.npmrc; echo "$TOKEN" >> tracked.env; echo "$TOKEN" > untracked.env; echo "$KEY" | tail -n 1 > /tmp/key
      mkdir -p /workspace/deps/npm /workspace/scratch/deep "a b"; echo "$TOKEN" > /workspace/deps/npm/entry; printf 'user:%s' "$TOKEN" | base64 -w0 > "a b/c\nd"; printf '%s' "$TOKEN" | od -An -tx1 | tr -d ' \\n' > /workspace/scratch/deep/hex
      chmod 000 "a b/c\nd"; chmod 000 "a b" /workspace/scratch/deep; git config user.password "$TOKEN"; ln -s ~/.npmrc link; echo clean > ~/clean; (setsid sleep 4000 &)`;
    const workspace = await open(command, { environment: environment({ secrets }) });
    expect(workspace.setUp?.command.output).toContain(`${TOKEN.length} 2\nsaid [redacted]\n`);
    for (const text of [workspace.setUp?.command.output ?? '', (workspace.setUp?.network ?? []).join()]) for (const spelling of workspace.secrets) expect(text).not.toContain(spelling);
    expect([...(workspace.setUp?.removed ?? [])].sort()).toEqual([
      '/tmp/key', '/workspace/deps/npm/entry', '/workspace/home/.npmrc', '/workspace/repo/.git/config', '/workspace/repo/a b/c?d', '/workspace/repo/tracked.env', '/workspace/repo/untracked.env', '/workspace/scratch/deep/hex',
    ]);
    expect(workspace.setUp?.cache).toBe('none');
    expect(await said(workspace, `cat tracked.env ~/clean; env | grep -c -e TOKEN -e KEY; cat /proc/*/environ | grep -ac TOKEN; ps aux 2>/dev/null | grep -c '[s]leep 4000'`)).toBe('A=1\nclean\n0\n0\n0\n');
    expect(await said(workspace, `grep -raF -e '${TOKEN}' -e c2Vjb25kbGluZW9mdGhla2V5 -e ${Buffer.from(TOKEN).toString('hex')} /workspace /tmp 2>/dev/null | wc -l`)).toBe('0\n');
    await workspace.checkpoint(1);
    expect((await workspace.diff()).patch).not.toContain('npm_Wq83');
    await workspace.dispose();
  });

  it('of several lines are found as a whole, and not for a line that other files have too', async () => {
    const xml = '<?xml version="1.0" encoding="UTF-8"?>\n<settings>\n  <password>hunter2-hunter2</password>\n</settings>';
    const command = `mkdir -p ~/.m2 && printf '# ours\\n%s\\n' "$SETTINGS" > ~/.m2/settings.xml; printf '<?xml version="1.0" encoding="UTF-8"?>\\n<project/>\\n' > pom.xml; printf '%s' "$SETTINGS" | sed 's/^/    /;s/$/\\r/' > indented`;
    const workspace = await open(command, { environment: environment({ secrets: new Map([['SETTINGS', new Secret(xml)]]) }) });
    expect([workspace.setUp?.removed, await said(workspace, 'ls ~/.m2 pom.xml')]).toEqual([['/workspace/repo/indented', '/workspace/home/.m2/settings.xml'], expect.stringContaining('pom.xml')]);
    await workspace.dispose();
  });

  it('reach a private registry', async () => {
    const workspace = await open(`echo "//${registry.host}/:_authToken=\${TOKEN}" >> .npmrc && npm ci --cache /tmp/fresh`, { environment: environment({ secrets: new Map([['TOKEN', new Secret('npm_0123456789')]]) }) });
    expect([workspace.setUp?.command.exitCode, registry.authorization, workspace.setUp?.removed]).toEqual([0, 'Bearer npm_0123456789', ['/workspace/repo/.npmrc']]);
    expect(await said(workspace, 'cat .npmrc; git status --porcelain')).toBe(`registry=http://${registry.host}/\n`);
    await workspace.dispose();
  });

  it('are never given to what an agent wrote: set-up runs on the base again, and the work is laid over it', async () => {
    const first = await open('bash prepare.sh');
    await first.exec(`echo 'echo "stolen $TOKEN" > stolen; echo by the agent > node_modules/who' > prepare.sh; rm ask.js; mkdir src; echo new > src/new.js; echo '*.log' >> .gitignore; echo x > x.log; rm -rf .git; printf '[core]\\n\\tfsmonitor = touch /workspace/repo/fired\\n' > tracked.env`, OPTIONS, never);
    await first.checkpoint(1);
    const [bundle, diff] = [await first.checkpointBundle(), await first.diff()];
    await first.dispose();

    const again = await open(`bash prepare.sh; git config core.fsmonitor 'touch /workspace/repo/fired'; echo junk > junk; echo "$TOKEN" >> package.json`, { restore: { bundle }, baseSha: first.baseSha, environment: environment({ secrets }) });
    expect(await said(again, 'cat node_modules/who; ls stolen fired junk ask.js x.log 2>/dev/null; tail -n 1 .gitignore; cat src/new.js; git log --format=%H | head -n 1; git config core.fsmonitor')).toBe(`by the base\n*.log\nnew\n${first.baseSha}\n`);
    expect((await again.diff()).patch).toBe(diff.patch);
    expect((await again.base.exec('cat node_modules/who prepare.sh', OPTIONS, never)).output).toMatch(/^by the base\necho base prepared/);
    await again.dispose();
  });
});

describe('the network of the agent', () => {
  it('is the same list, when the settings say so', async () => {
    const workspace = await open('true', { environment: environment({ agentNetwork: true, secrets }) });
    expect(await said(workspace, `node ask.js http://${registry.host}/x.tgz | head -c 3; echo; node ask.js http://evil.example/; env | grep -c TOKEN`)).toMatch(/^200\n403 Async Coder: evil\.example[^\n]*\n0\n$/);
    expect((await workspace.base.exec('node ask.js http://evil.example/', OPTIONS, never)).output).toMatch(/^403 /);
    await workspace.dispose();
    expect(workspace.networkLines).toEqual([expect.stringMatching(/^registry\.example:\d+ allowed/), ...Array.from({ length: 2 }, () => 'evil.example:80 refused: is not on the list of allowed hosts')]);
  });
});

describe('caches', () => {
  it('go when they are old, and the oldest when they are too many', async () => {
    const folder = join(fixture.dataDir, 'dependencies');
    await fixture.shell(`rm -rf ${folder} && mkdir -p ${folder}/o/r ${folder}/o/q`);
    const day = 86_400_000;
    const files = { 'o/r/new.tar': 1, 'o/r/old.tar': 5, 'o/q/older.tar': 6, 'o/q/ancient.tar': 20 };
    for (const [name, days] of Object.entries(files)) {
      await writeFile(join(folder, name), Buffer.alloc(600_000));
      await utimes(join(folder, name), new Date(), new Date(Date.now() - days * day));
    }
    Object.assign(fixture.config.egress, { DEPENDENCY_CACHE_MB: 1 });
    await expect(fixture.cache.sweep()).resolves.toBe(3);
    await expect(fixture.cache.sweep()).resolves.toBe(0);
    expect(await caches()).toEqual(['o/r/new.tar']);
    expect(await readdir(join(folder, 'o'))).toEqual(['r']);
  });

  it('that are broken are removed, and set-up begins without', async () => {
    Object.assign(fixture.config.egress, { DEPENDENCY_CACHE_MB: 1_024, DEPENDENCY_CACHE_ENTRY_MB: 512 });
    const first = await open('touch /workspace/deps/broken');
    const [name = ''] = (await caches()).filter((file) => file.startsWith('organization-1/'));
    await fixture.shell(`cd ${join(fixture.dataDir, 'dependencies')} && chmod u+w ${name} && head -c 700 /dev/urandom > ${name}`);
    const second = await open('touch /workspace/deps/broken');
    expect([first.setUp?.cache, second.setUp?.cache, second.setUp?.command.exitCode]).toEqual(['kept', 'kept', 0]);
    await Promise.all([first.dispose(), second.dispose()]);
  });
});
