import { connect } from 'node:net';
import { networkInterfaces } from 'node:os';
import { createClerkClient, verifyToken } from '@clerk/backend';
import { verifyWebhook } from '@clerk/backend/webhooks';
import { type ClerkPeer, startClerkPeer } from '../support/clerk-peer';

/** The stand-in is only worth something while Clerk's own SDK takes it for Clerk, and it refuses what Clerk refuses. */
describe('the Clerk stand-in', () => {
  let clerk: ClerkPeer;
  beforeEach(async () => {
    clerk = await startClerkPeer();
  });
  afterEach(() => clerk.stop());

  const client = (secretKey = clerk.secretKey) => createClerkClient({ secretKey, apiUrl: clerk.url, telemetry: { disabled: true } });
  const control = async (method: string, path: string, body?: object): Promise<Record<string, unknown>> =>
    (await fetch(`${clerk.url}/__peer${path}`, { method, ...(body ? { body: JSON.stringify(body) } : {}) })).json() as Promise<Record<string, unknown>>;

  it('is read by the SDK: one user, all users, their number', async () => {
    const user = clerk.addUser({ email: 'ada@example.com', firstName: 'Ada' });
    expect(await client().users.getUser(user.id)).toMatchObject({ id: user.id, firstName: 'Ada', primaryEmailAddressId: user.primary_email_address_id, emailAddresses: [{ emailAddress: 'ada@example.com', verification: { status: 'verified' } }] });
    expect(await client().users.getUserList()).toMatchObject({ totalCount: 1, data: [{ id: user.id }] });
    expect(clerk.requests().every(({ apiVersion, status }) => apiVersion === '2026-05-12' && status === 200)).toBe(true);
    expect(clerk.violations()).toEqual([]);
  });

  it('refuses a wrong key, an unknown person and an unknown path as Clerk does', async () => {
    await expect(client('sk_test_wrong').users.getUser('user_1')).rejects.toMatchObject({ status: 401, errors: [{ code: 'secret_key_invalid' }] });
    await expect(client().users.getUser('user_unknown')).rejects.toMatchObject({ status: 404, errors: [{ code: 'resource_not_found' }] });
    const answer = await fetch(`${clerk.url}/v1/nothing`, { headers: { authorization: `Bearer ${clerk.secretKey}` } });
    // With anything behind it the SDK takes the answer for an empty one.
    expect([answer.status, answer.headers.get('content-type')]).toEqual([404, 'application/json']);
    expect((await fetch(`${clerk.url}/v1/jwks`)).status).toBe(401);
  });

  it('signs tokens that the SDK verifies with the key set and with the pinned key, and rotates keys', async () => {
    const token = clerk.token({ sub: 'user_1' });
    expect(await verifyToken(token, { secretKey: clerk.secretKey, apiUrl: clerk.url, issuer: clerk.issuer })).toMatchObject({ sub: 'user_1', sts: 'active', v: 2 });
    expect(await verifyToken(token, { jwtKey: clerk.jwtKey })).toMatchObject({ sub: 'user_1' });
    const old = clerk.signingKey.kid;
    clerk.addKey();
    await expect(verifyToken(token, { jwtKey: clerk.jwtKey })).rejects.toMatchObject({ reason: 'token-invalid-signature' });
    expect(JSON.stringify(await (await fetch(`${clerk.url}/v1/jwks`, { headers: { authorization: `Bearer ${clerk.secretKey}` } })).json())).toContain(old);
    clerk.removeKey(old);
    expect(JSON.stringify(await (await fetch(`${clerk.url}/v1/jwks`, { headers: { authorization: `Bearer ${clerk.secretKey}` } })).json())).not.toContain(old);
    // Why our own guard looks at it too.
    expect(await verifyToken(clerk.token({ sub: 'user_1', claims: { sts: 'pending' } }), { jwtKey: clerk.jwtKey })).toMatchObject({ sts: 'pending' });
  });

  it('signs webhooks that the SDK verifies', async () => {
    const sent = clerk.webhook('user.created', clerk.addUser());
    const request = (body: string) => new Request('http://127.0.0.1/', { method: 'POST', headers: sent.headers, body });
    expect(await verifyWebhook(request(sent.body), { signingSecret: clerk.webhookSecret })).toMatchObject({ type: 'user.created', object: 'event' });
    await expect(verifyWebhook(request(`${sent.body} `), { signingSecret: clerk.webhookSecret })).rejects.toThrow('Unable to verify');
  });

  it('is directed over HTTP: people, tokens, keys, webhooks, misfortunes, and what was asked', async () => {
    const { id } = await control('POST', '/users', { email: 'x@example.com' });
    expect(await control('POST', '/users/change', { id, changes: { first_name: 'X' } })).toMatchObject({ id, first_name: 'X' });
    const { token } = await control('POST', '/tokens', { sub: id });
    expect(await verifyToken(String(token), { jwtKey: clerk.jwtKey })).toMatchObject({ sub: id });
    const { kid } = await control('POST', '/keys/add');
    expect(clerk.signingKey.kid).toBe(kid);
    expect(await control('POST', '/webhooks/sign', { type: 'user.deleted', data: { id } })).toMatchObject({ headers: { 'svix-id': expect.stringMatching(/^msg_/) as string } });
    await control('POST', '/faults', { path: '/v1/users/', status: 500 });
    await expect(client().users.getUser(String(id))).rejects.toMatchObject({ status: 500 });
    expect(await client().users.getUser(String(id))).toMatchObject({ id });
    expect(await control('POST', '/users/delete', { id })).toEqual({ deleted: true });
    expect(await control('GET', '/requests')).toMatchObject({ data: [{ path: `/v1/users/${String(id)}`, status: 500 }, { status: 200 }] });
    expect(await control('GET', '/violations')).toEqual({ data: [] });
    expect(await control('POST', '/nothing')).toMatchObject({ error: expect.stringContaining('no such route') as string });
  });

  it('notices when it answers what Clerk would not', async () => {
    const user = clerk.addUser();
    clerk.changeUser(user.id, { username: undefined, email_addresses: 'none' as never });
    await client().users.getUser(user.id).catch(() => undefined);
    expect(clerk.violations()).toEqual(['username is no string?', 'email_addresses is no array']);
  });

  it('listens on this machine only', async () => {
    const port = Number(new URL(clerk.url).port);
    const reached = (host: string) => new Promise<boolean>((resolve) => {
      const socket = connect({ host, port, timeout: 1_000 }, () => resolve(true)).on('error', () => resolve(false)).on('timeout', () => resolve(false));
      void socket;
    });
    const others = Object.values(networkInterfaces()).flat().filter((one) => one !== undefined && one.family === 'IPv4' && !one.internal).map((one) => one!.address);
    expect(await reached('127.0.0.1')).toBe(true);
    expect(await Promise.all(others.map(reached))).toEqual(others.map(() => false));
  });
});
