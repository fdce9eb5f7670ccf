import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { LockTimeoutError, tryLock, waitForLock } from './process-lock';
import { startProgram } from './run-program';

describe('process locks', () => {
  let name: string;
  beforeEach(() => (name = randomUUID()));

  it('has one holder at a time', async () => {
    const held = await tryLock(name);
    expect(held).not.toBeNull();
    await expect(tryLock(name)).resolves.toBeNull();
    await expect(waitForLock(name, 120)).rejects.toBeInstanceOf(LockTimeoutError);
    const other = await tryLock(`${name}-other`);
    expect(other).not.toBeNull();
    await Promise.all([held?.release(), other?.release()]);
    const again = await tryLock(name);
    expect(again).not.toBeNull();
    await again?.release();
  });

  it('holds between processes, and a killed process lets go', async () => {
    // The same name as in tryLock, taken by a process that is killed without a chance to tidy up.
    const script = `const { createHash } = require('node:crypto');
      require('node:net').createServer().listen({ path: '\\0async-coder-' + createHash('sha256').update('${name}').digest('hex') }, () => console.log('held'));`;
    const other = await startProgram(process.execPath, { args: ['-e', script], env: {} });
    await once(other.stdout, 'data');
    await expect(tryLock(name)).resolves.toBeNull();
    other.kill();
    await other.ended;
    const held = await tryLock(name);
    expect(held).not.toBeNull();
    await held?.release();
  });

  it('never has two holders, however many want it', async () => {
    let holders = 0;
    let most = 0;
    await Promise.all(
      Array.from({ length: 12 }, async () => {
        const held = await waitForLock(name, 30_000);
        most = Math.max(most, ++holders);
        await sleep(5);
        holders--;
        await held.release();
      }),
    );
    expect(most).toBe(1);
  });

  it('stops waiting when told', async () => {
    const held = await tryLock(name);
    const controller = new AbortController();
    setTimeout(() => controller.abort(new Error('enough')), 50);
    await expect(waitForLock(name, 60_000, controller.signal)).rejects.toThrow('enough');
    await held?.release();
  });
});
