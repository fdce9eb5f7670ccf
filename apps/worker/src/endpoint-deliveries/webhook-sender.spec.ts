import { lookup } from 'node:dns/promises';
import { createServer, type AddressInfo, type Server } from 'node:net';
import { Secret, SystemClock, type AppConfig } from '@app/common';
import { WebhookSender } from './webhook-sender';

jest.mock('node:dns/promises', () => ({ lookup: jest.fn() }));

const resolved = lookup as unknown as jest.Mock;
const delivery = { eventId: 'evt_1', body: '{}', secrets: [new Secret(`whsec_${Buffer.alloc(32).toString('base64')}`)] };
let sink: Server;
let port: number;
let connections = 0;

beforeAll(async () => {
  sink = createServer((socket) => {
    connections += 1;
    socket.destroy();
  });
  await new Promise<void>((resolve) => sink.listen(0, '127.0.0.1', resolve));
  port = (sink.address() as AddressInfo).port;
});
afterAll(() => new Promise((resolve) => sink.close(resolve)));

const sender = (isProduction: boolean): WebhookSender => new WebhookSender({ core: { isProduction } } as AppConfig, new SystemClock());

describe('a name that pointed outside when it was saved', () => {
  it.each([['127.0.0.1'], ['::1'], ['10.0.0.5'], ['169.254.169.254'], ['::ffff:127.0.0.1']])('and now points at %s is not connected to', async (address) => {
    resolved.mockResolvedValue([{ address, family: 4 }]);
    const sent = await sender(true).send({ ...delivery, url: `https://hooks.example.com:${port}/` }, new AbortController().signal);
    expect(sent).toMatchObject({ kind: 'failed', httpStatus: null, error: 'The address points at a private address.', isGone: false });
    expect(connections).toBe(0);
  });

  it('is not connected to when one of its addresses is inside', async () => {
    resolved.mockResolvedValue([{ address: '93.184.215.14', family: 4 }, { address: '127.0.0.1', family: 4 }]);
    const sent = await sender(true).send({ ...delivery, url: `https://hooks.example.com:${port}/` }, new AbortController().signal);
    expect([sent.kind, connections]).toEqual(['failed', 0]);
  });

  it('is asked for again at each try, and the address that was checked is the one connected to', async () => {
    resolved.mockReset().mockResolvedValueOnce([{ address: '127.0.0.1', family: 4 }]).mockResolvedValueOnce([{ address: '10.0.0.5', family: 4 }]);
    const outsideProduction = sender(false);
    const url = `https://hooks.example.com:${port}/`;
    // The sink speaks no TLS: it was connected to, and that is all.
    expect(await outsideProduction.send({ ...delivery, url }, new AbortController().signal)).toMatchObject({ kind: 'failed' });
    expect([resolved.mock.calls.length, connections]).toEqual([1, 1]);
    expect(await outsideProduction.send({ ...delivery, url }, new AbortController().signal)).toMatchObject({ error: 'The address points at a private address.' });
    expect([resolved.mock.calls.length, connections]).toEqual([2, 1]);
  });
});
