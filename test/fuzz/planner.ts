import { gzipSync } from 'node:zlib';
import fc, { type Arbitrary } from 'fast-check';
import type { Contract, DescribedParameter, Endpoint, JsonSchema } from '../support/contract';
import { CONTENT_TYPES, JSON_VECTORS, METHODS, ODD_HEADERS, ODD_QUERIES, ODD_SEGMENTS, RAW_BODIES } from './constants';
import { mutate } from './mutations';
import { isIdOf, type IdOf, type Plan, type Sender, wellFormed } from './plan';
import { idOf, SchemaValues } from './schema-values';

/** 20 MB of spaces in 20 KB: a body parser that inflates it first has lost. */
const GZIP_BOMB = gzipSync(Buffer.alloc(20_000_000, ' ')).toString('base64');
const EXAMPLE_VALUES: Readonly<Record<string, unknown>> = {
  repositoryId: { $idOf: '/api/v1/repositories', pick: 0 }, apiKeyId: { $idOf: '/api/v1/api-keys', pick: 0 }, taskId: { $idOf: '/api/v1/tasks', pick: 0 },
  refreshToken: { $idOf: 'refreshToken', pick: 0 }, token: { $idOf: 'token', pick: 0 }, cloneUrl: 'http://127.0.0.1:9/acme/fuzz.git', url: 'http://127.0.0.1:9/hook',
};
const JSON_TYPE = { 'content-type': 'application/json' };

const SUICIDAL = /\/auth\/(logout|password|sessions)|^users_delete/;

type Good = Pick<Plan, 'params' | 'query'> & { readonly json: unknown };

/** Plans requests for one endpoint after the other. */
export class Planner {
  private readonly values: SchemaValues;
  private readonly made = new Map<string, Arbitrary<Plan>>();

  constructor(private readonly contract: Contract) {
    this.values = new SchemaValues(contract.document);
  }

  /** So many plans for an endpoint; the same for the same seed. */
  plans(endpoint: Endpoint, count: number, seed: number): Plan[] {
    let arbitrary = this.made.get(endpoint.name);
    if (!arbitrary) this.made.set(endpoint.name, (arbitrary = this.arbitrary(endpoint)));
    return fc.sample(arbitrary, { numRuns: count, seed });
  }

  private arbitrary(endpoint: Endpoint): Arbitrary<Plan> {
    const good = this.good(endpoint);
    const base = (plan: Partial<Plan> & Good & { kind: string; sender: Sender }): Plan => ({
      endpoint: endpoint.name, method: endpoint.method, headers: {}, body: plan.json === undefined ? null : { json: plan.json }, isStray: false, mustFail: false, ...plan,
    });
    const sender = senderOf(endpoint);
    const plain = fc.tuple(good, sender, usualHeaders(endpoint)).map(([parts, who, headers]) => base({ ...parts, sender: who, kind: 'valid', headers: { ...JSON_TYPE, ...headers } }));
    const takesBody = bodySchema(endpoint) !== undefined;
    return fc.oneof(
      { weight: 40, arbitrary: plain },
      ...(takesBody ? [{ weight: 40, arbitrary: this.mutated(endpoint, plain) }] : []),
      { weight: takesBody ? 12 : 3, arbitrary: fc.tuple(plain, rawBody()).map(([plan, raw]) => ({ ...plan, ...raw, mustFail: raw.mustFail && takesBody })) },
      { weight: 6, arbitrary: fc.tuple(plain, fc.constantFrom(...CONTENT_TYPES)).map(([plan, type]) => ({ ...plan, kind: 'odd content type', headers: { ...plan.headers, 'content-type': type } })) },
      { weight: 12, arbitrary: fc.tuple(plain, fc.constantFrom(...ODD_HEADERS)).map(([plan, headers]) => ({ ...plan, kind: 'odd header', headers: { ...plan.headers, ...headers } })) },
      { weight: endpoint.method === 'GET' ? 25 : 5, arbitrary: this.oddQuery(endpoint, plain) },
      { weight: endpoint.path.includes('{') ? 12 : 0, arbitrary: oddParameter(plain) },
      { weight: 4, arbitrary: fc.tuple(plain, fc.constantFrom(...METHODS)).map(([plan, method]) => ({ ...plan, kind: 'other method', method, isStray: method !== endpoint.method })) },
      { weight: 2, arbitrary: fc.tuple(plain, fc.constantFrom(...ODD_SEGMENTS)).map(([plan, tail]) => ({ ...plan, kind: 'other path', query: `/${tail}${plan.query}`, isStray: true })) },
    );
  }

  /** Parameters and a body as the document allows them. */
  private good(endpoint: Endpoint): Arbitrary<Good> {
    const parameters = endpoint.operation.parameters ?? [];
    const params = fc.tuple(...parameters.filter((parameter) => parameter.in === 'path').map((parameter) => this.pathValue(endpoint, parameter)));
    const query = fc.tuple(...parameters.filter((parameter) => parameter.in === 'query').map((parameter) => this.queryPart(parameter)));
    const schema = bodySchema(endpoint);
    const example = Object.values(endpoint.operation.requestBody?.content ?? {})[0]?.example;
    const body = schema ? fc.oneof({ weight: 1, arbitrary: fc.constant(withIds(example)) }, { weight: 3, arbitrary: this.values.valid(schema) }) : fc.constant(undefined);
    return fc.tuple(params, query, body).map(([path, parts, json]) => {
      const given = parts.filter((part) => part !== null);
      return { params: Object.fromEntries(path), query: given.length > 0 ? `?${given.join('&')}` : '', json };
    });
  }

  private pathValue(endpoint: Endpoint, parameter: DescribedParameter): Arbitrary<[string, IdOf | string]> {
    const place = endpoint.path.slice(0, endpoint.path.indexOf(`/{${parameter.name}}`));
    const schema = parameter.schema ?? {};
    const some = schema['format'] === 'uuid' || schema['type'] === undefined ? fc.uuid() : this.values.valid(schema, parameter.name).map((value) => encodeURIComponent(wellFormed(String(value))) || '0');
    const isCounter = schema['type'] === 'integer';
    if (typeof schema['example'] === 'string') return fc.oneof(fc.constant(schema['example']), some, idOf(place)).map((value) => [parameter.name, value]);
    return fc.oneof({ weight: isCounter ? 1 : 9, arbitrary: idOf(place) }, { weight: isCounter ? 9 : 1, arbitrary: some }).map((value) => [parameter.name, value]);
  }

  private queryPart(parameter: DescribedParameter): Arbitrary<string | null> {
    const value = this.values.valid(parameter.schema ?? {}, parameter.name).map((one) => {
      const text = isIdOf(one) ? `$idOf:${one.$idOf}:${one.pick}` : typeof one === 'string' ? one : JSON.stringify(one);
      return `${encodeURIComponent(parameter.name)}=${encodeURIComponent(wellFormed(text))}`;
    });
    return parameter.required ? value : fc.oneof({ weight: 1, arbitrary: value }, { weight: 5, arbitrary: fc.constant(null) });
  }

  private oddQuery(endpoint: Endpoint, plain: Arbitrary<Plan>): Arbitrary<Plan> {
    const names = ['surprise', ...(endpoint.operation.parameters ?? []).filter((parameter) => parameter.in === 'query').map((parameter) => parameter.name)];
    const own = fc.tuple(fc.constantFrom(...names), fc.oneof(fc.string({ maxLength: 30 }), fc.constantFrom(...ODD_SEGMENTS))).map(([name, value]) => `${name}=${/%/.test(value) ? value : encodeURIComponent(wellFormed(value))}`);
    return fc.tuple(plain, fc.oneof(fc.constantFrom(...ODD_QUERIES), own)).map(([plan, query]) => ({ ...plan, kind: 'odd query', query: `?${query}` }));
  }

  /** A body that breaks the document's own schema must not be taken. */
  private mutated(endpoint: Endpoint, plain: Arbitrary<Plan>): Arbitrary<Plan> {
    const schema = bodySchema(endpoint) ?? {};
    return mutate(plain.map((plan) => (plan.body && 'json' in plan.body ? plan.body.json : {}))).chain(({ kind, value }) => {
      const mustFail = this.contract.faultsOfValue(schema, filled(value)).length > 0;
      return plain.map((plan) => ({ ...plan, kind, body: { json: value }, mustFail }));
    });
  }
}

function bodySchema(endpoint: Endpoint): JsonSchema | undefined {
  return Object.values(endpoint.operation.requestBody?.content ?? {})[0]?.schema;
}

/** It ends the caller's session or account. */
export function isSuicidal({ operation, path }: Endpoint): boolean {
  return SUICIDAL.test(operation.operationId) || SUICIDAL.test(path);
}

/** Mostly somebody who may. */
function senderOf(endpoint: Endpoint): Arbitrary<Sender> {
  const { operation, path } = endpoint;
  // What ends a session or an account ends that of somebody who is easily replaced.
  if (isSuicidal(endpoint)) return fc.constantFrom<Sender>('stranger', 'stranger', 'stranger', 'nobody', 'garbage');
  const isOpen = (operation.security ?? []).length === 0;
  const usual: Sender = isOpen ? 'nobody' : path.startsWith('/api/v1/admin') ? 'staff' : 'owner';
  return fc.oneof({ weight: 12, arbitrary: fc.constant(usual) }, { weight: 4, arbitrary: fc.constantFrom<Sender>('member', 'token', 'staff', 'stranger') }, { weight: 1, arbitrary: fc.constantFrom<Sender>('nobody', 'garbage') });
}

function usualHeaders({ method }: Endpoint): Arbitrary<Record<string, string>> {
  if (method !== 'POST') return fc.constant({});
  return fc.oneof(fc.constant({}), fc.nat(1e9).map((n) => ({ 'idempotency-key': `fuzz-${n}` })));
}

function rawBody(): Arbitrary<Pick<Plan, 'kind' | 'body' | 'headers' | 'mustFail'>> {
  const raw = (kind: string, bytes: Buffer, more: { headers?: Record<string, string>; mustFail?: boolean } = {}) => ({ kind, body: { base64: bytes.toString('base64') }, headers: { ...JSON_TYPE, ...more.headers }, mustFail: more.mustFail ?? false });
  return fc.oneof(
    { weight: 6, arbitrary: fc.constantFrom(...JSON_VECTORS).map(({ input, mustFail }) => raw('JSON vector', Buffer.from(input), { mustFail })) },
    { weight: 4, arbitrary: fc.constantFrom(...RAW_BODIES).map((bytes) => raw('raw body', bytes)) },
    { weight: 1, arbitrary: fc.uint8Array({ maxLength: 60 }).map((bytes) => raw('any bytes', Buffer.from(bytes))) },
    { weight: 1, arbitrary: fc.constant({ ...raw('gzip bomb', Buffer.alloc(0), { headers: { 'content-encoding': 'gzip' }, mustFail: true }), body: { base64: GZIP_BOMB } }) },
    { weight: 1, arbitrary: fc.jsonValue().map((value) => raw('field twice', Buffer.from(`{"a":1,"a":${JSON.stringify(value)}}`))) },
  );
}

function oddParameter(plain: Arbitrary<Plan>): Arbitrary<Plan> {
  return fc.tuple(plain, fc.constantFrom(...ODD_SEGMENTS), fc.nat(10)).map(([plan, segment, pick]) => {
    const names = Object.keys(plan.params);
    const name = names[pick % names.length] ?? '';
    // A slash or a dot segment makes it another path.
    return { ...plan, kind: 'odd path value', params: { ...plan.params, [name]: segment }, isStray: ['..', '.', '%2e%2e%2f', '%2F', '%5c'].includes(segment) };
  });
}

/** Ids of an example are real ones when it is sent, and its addresses of this machine. */
function withIds(example: unknown): unknown {
  if (typeof example !== 'object' || example === null) return example;
  return Object.fromEntries(Object.entries(example as Record<string, unknown>).map(([name, value]) => [name, EXAMPLE_VALUES[name] ?? value]));
}

/** With an id in place of what stands for one. */
function filled(value: unknown): unknown {
  if (isIdOf(value)) return '018f6e0a-0000-7000-8000-000000000001';
  if (Array.isArray(value)) return value.map(filled);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, filled(item)]));
}
