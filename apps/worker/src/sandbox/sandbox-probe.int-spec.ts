import { Logger, type AppConfig } from '@app/common';
import { mkdtemp, rm, chmod } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Bubblewrap } from './bubblewrap';
import { recentEnough, SandboxProbe } from './sandbox-probe';
import { SandboxUsers } from './sandbox-users';
import { Toolbox } from './toolbox';

describe('SandboxProbe', () => {
  let folder: string;
  const probeWith = (dataDir: string): SandboxProbe => {
    const worker = { WORKER_DATA_DIR: dataDir, SANDBOX_MEMORY_MB: 512, SANDBOX_DISK_MB: 256, SANDBOX_PROCESSES: 64 };
    const config = { worker } as unknown as AppConfig;
    return new SandboxProbe(config, new Bubblewrap(config, new Toolbox(config), Logger.create('silent', 'test')), new SandboxUsers());
  };

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'probe-'));
    await chmod(folder, 0o711);
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  it('starts a real sandbox', async () => {
    await expect(probeWith(join(folder, 'data')).check()).resolves.toMatchObject({ available: true, limits: 'rlimit' });
  });

  (process.getuid?.() === 0 ? it : it.skip)('says which folder sandbox users cannot enter', async () => {
    const closed = join(folder, 'closed');
    const probe = probeWith(join(closed, 'data'));
    await chmod(folder, 0o700);
    const state = await probe.check();
    await chmod(folder, 0o711);
    expect(state).toMatchObject({ available: false });
    expect(state.available ? '' : state.reason).toContain('Set WORKER_DATA_DIR');
    await expect(probe.check()).resolves.toMatchObject({ available: true });
  });

  it.each([
    ['git version 2.39.5', true],
    ['git version 2.45.1 (Apple Git-1)', true],
    ['git version 3.0', true],
    ['git version 2.39.4', false],
    ['git version 2.25', false],
    ['nothing', false],
  ])('judges %s', (text, expected) => expect(recentEnough(text)).toBe(expected));
});
