import { createHmac } from 'node:crypto';
import { Secret } from '@app/common';
import { Webhook } from 'standardwebhooks';
import { signMessage } from './webhook-signature';

const SECRET = 'whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=';
const EVENT = 'evt_018f6e0a-7b1c-7c3e-9a55-2f6d1c0e4b7a';
const BODY = '{"id":"evt_018f6e0a-7b1c-7c3e-9a55-2f6d1c0e4b7a","type":"ping","createdAt":"2025-11-24T16:00:00.000Z","organizationId":"018f6e0a-0000-7000-8000-000000000001","data":{}}';
const AT = new Date(1_764_000_000_000);

describe('signMessage', () => {
  it('gives the published test vector, byte for byte', () => {
    const { headers, body } = signMessage({ eventId: EVENT, body: BODY }, [new Secret(SECRET)], AT);
    expect(headers).toEqual({
      'content-type': 'application/json',
      'user-agent': 'AsyncCoder-Webhooks/1',
      'webhook-id': EVENT,
      'webhook-timestamp': '1764000000',
      'webhook-signature': 'v1,tYHBguEzlaSJ8I9UXTetodM0LVS72S6iPKzyBF+KbCA=',
    });
    expect(body.toString('utf8')).toBe(BODY);
  });

  it('is what the rule says: HMAC-SHA-256 of id, time and raw body under the decoded secret', () => {
    const body = '{"text":"ä 😀 \\u0001"}';
    const key = Buffer.from(SECRET.slice(6), 'base64');
    const expected = createHmac('sha256', key).update(`${EVENT}.1764000000.${body}`).digest('base64');
    expect(signMessage({ eventId: EVENT, body }, [new Secret(SECRET)], AT).headers['webhook-signature']).toBe(`v1,${expected}`);
  });

  it('signs with both secrets while one is replaced, and each verifies', () => {
    const other = `whsec_${Buffer.alloc(64, 9).toString('base64')}`;
    const now = new Date();
    const { headers, body } = signMessage({ eventId: EVENT, body: BODY }, [new Secret(other), new Secret(SECRET)], now);
    expect(headers['webhook-signature']!.split(' ')).toHaveLength(2);
    for (const secret of [SECRET, other]) expect(new Webhook(secret).verify(body, { ...headers })).toEqual(JSON.parse(BODY));
    const stranger = `whsec_${Buffer.alloc(32, 1).toString('base64')}`;
    expect(() => new Webhook(stranger).verify(body, { ...headers })).toThrow();
    expect(() => new Webhook(SECRET).verify(`${BODY} `, { ...headers })).toThrow();
  });
});
