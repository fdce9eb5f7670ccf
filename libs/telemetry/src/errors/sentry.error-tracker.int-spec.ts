import { loadConfig, REDACTED, withLogContext } from '@app/common';
import { SentryPeer } from '../../../../test/support/sentry-peer';
import { NoErrorTracker } from './error-tracker';
import { openErrorTracker } from './open-error-tracker';

const CANARY = 'canary/that+must=not-arrive';
const KEY = `sk-ant-${'a1b2'.repeat(8)}`;
const SETTINGS = { NODE_ENV: 'test', DATABASE_URL: 'postgres://app:pass@127.0.0.1/x', JWT_SECRET: `${CANARY} and more than 32 bytes`, KEK: Buffer.alloc(32, 7).toString('base64'), APP_VERSION: '1.2.3', APP_COMMIT: 'abc' };

describe('reports to Sentry', () => {
  let peer: SentryPeer;
  beforeAll(async () => {
    peer = await SentryPeer.start();
  });
  afterAll(() => peer.stop());

  it('arrive with ids and release, and without any secret', async () => {
    const config = loadConfig({ ...SETTINGS, SENTRY_DSN: peer.dsn });
    const tracker = openErrorTracker(config, 'worker');
    const secret = config.core.JWT_SECRET.use((text) => text);
    const error = new TypeError(`could not sign with ${secret} for ${KEY} as ${Buffer.from(secret).toString('base64')}`);
    withLogContext({ taskId: 'task-1', traceId: 'trace-1' }, () => tracker.capture(error, 'attempt', { code: 'internal' }));
    await tracker.flush(5_000);
    expect(peer.events).toHaveLength(1);
    const [event] = peer.events;
    expect(event?.exception?.values?.[0]).toMatchObject({ type: 'TypeError', value: expect.stringContaining(`could not sign with ${REDACTED} for ${REDACTED} as ${REDACTED}`) as string });
    expect(event?.tags).toEqual({ where: 'attempt', process: 'worker', taskId: 'task-1', trace: 'trace-1', code: 'internal' });
    expect(event?.release).toBe('async-coder@1.2.3+abc');
    for (const form of [CANARY, secret, encodeURIComponent(secret), Buffer.from(secret).toString('hex'), KEY]) expect(peer.raw).not.toContain(form);
  });

  it('stop at sixty a minute, and never throw', async () => {
    const tracker = openErrorTracker(loadConfig({ ...SETTINGS, SENTRY_DSN: peer.dsn }), 'api');
    const before = peer.events.length;
    for (let n = 0; n < 500; n++) tracker.capture(n % 2 === 0 ? `text ${n}` : null, 'http');
    await tracker.flush(5_000);
    // A minute may have turned meanwhile.
    expect(peer.events.length - before).toBeGreaterThan(0);
    expect(peer.events.length - before).toBeLessThanOrEqual(120);
  });

  it('are not made without a DSN', () => {
    expect(openErrorTracker(loadConfig(SETTINGS), 'api')).toBeInstanceOf(NoErrorTracker);
  });
});
