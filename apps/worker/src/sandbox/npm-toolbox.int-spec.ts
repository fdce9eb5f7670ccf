import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { WorkspaceFixture } from '../workspace/testing/workspace-fixture';
import { npmToolbox } from './npm-toolbox';
import { SandboxUsers } from './sandbox-users';

let fixture: WorkspaceFixture;
beforeAll(async () => {
  fixture = await WorkspaceFixture.create();
});
afterAll(() => fixture.remove());

/** An npm as a version manager puts it: under a folder that only its owner may enter. */
async function hiddenNpm(): Promise<string> {
  const home = join(fixture.folder, 'home');
  const npm = join(home, 'lib/node_modules/npm');
  await mkdir(join(npm, 'bin'), { recursive: true });
  await writeFile(join(npm, 'package.json'), '{"name":"npm","version":"99.1.0"}');
  for (const name of ['npm', 'npx']) await writeFile(join(npm, `bin/${name}-cli.js`), `console.log('${name} of the host', process.argv.slice(2).join(','), process.version);`);
  await chmod(home, 0o700);
  return npm;
}

it('gives sandboxes an npm that lies under a home folder', async () => {
  Object.assign(fixture.config.worker, { SANDBOX_NPM: await hiddenNpm() });
  const user = await new SandboxUsers().acquire();
  const spec = { identity: user.identity, mounts: [], workingFolder: '/', env: {}, limits: fixture.bubblewrap.limits(), watchedFolder: null, recordFolder: null };
  const run = await fixture.bubblewrap.run({ ...spec, command: ['bash', '-c', 'cd /opt/async-coder/npm/bin && ./npm run x && ./npx y; type -a npm | tail -n 1; touch x 2>&1'] }, { timeoutMs: 20_000, maxOutputBytes: 10_000 });
  await user.release();
  expect(run.stdout.toString()).toMatch(/^npm of the host run,x v24\.\d+\.\d+\nnpx of the host y v24\.\d+\.\d+\nnpm is \/opt\/async-coder\/npm\/bin\/npm\n.*Read-only/);
});

it('takes no folder for npm that is none', async () => {
  Object.assign(fixture.config.worker, { SANDBOX_NPM: fixture.folder });
  const found = await npmToolbox(fixture.config, fixture.folder);
  expect(found === null || found.startsWith(fixture.folder)).toBe(true);
  expect(found).not.toBe(fixture.folder);
});
