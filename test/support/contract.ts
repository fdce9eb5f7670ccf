import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020';
import addFormatsOf from 'ajv-formats';

// A CommonJS package with a default export: its types say "default" twice.
const addFormats = addFormatsOf as unknown as (ajv: Ajv2020) => Ajv2020;

export type JsonSchema = Readonly<Record<string, unknown>>;

export interface Media {
  readonly schema?: JsonSchema;
  readonly example?: unknown;
  readonly examples?: Readonly<Record<string, { readonly value?: unknown }>>;
}

export interface DescribedAnswer {
  readonly description?: string;
  readonly headers?: Readonly<Record<string, { readonly required?: boolean; readonly schema?: JsonSchema; readonly $ref?: string }>>;
  readonly content?: Readonly<Record<string, Media>>;
}

export interface DescribedParameter {
  readonly name: string;
  readonly in: 'path' | 'query' | 'header' | 'cookie';
  readonly required?: boolean;
  readonly description?: string;
  readonly schema?: JsonSchema;
  readonly example?: unknown;
}

export interface DescribedOperation {
  readonly operationId: string;
  readonly summary?: string;
  readonly description?: string;
  readonly tags?: readonly string[];
  readonly security?: readonly Readonly<Record<string, readonly string[]>>[];
  readonly parameters?: readonly DescribedParameter[];
  readonly requestBody?: { readonly required?: boolean; readonly content: Readonly<Record<string, Media>> };
  readonly responses: Readonly<Record<string, DescribedAnswer & { readonly $ref?: string }>>;
  readonly 'x-policy'?: { readonly role: string; readonly platformRole: string; readonly scope: string | null };
}

export interface OpenApi {
  readonly openapi: string;
  readonly info: { readonly title: string; readonly version: string; readonly description: string };
  readonly tags: readonly { readonly name: string; readonly description: string }[];
  readonly paths: Readonly<Record<string, Readonly<Record<string, DescribedOperation>>>>;
  readonly components: Readonly<Record<'schemas' | 'responses' | 'headers' | 'securitySchemes', Readonly<Record<string, JsonSchema>>>>;
}

/** One operation of the document. */
export interface Endpoint {
  /** "POST /api/v1/tasks" */
  readonly name: string;
  readonly method: string;
  readonly path: string;
  readonly operation: DescribedOperation;
}

/** What came back, as it is compared with the document. */
export interface Received {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  readonly text: string;
}

const STRAY: Readonly<Record<string, Media>> = { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } };

/** The API's own document, and whether answers keep to it. */
export class Contract {
  readonly endpoints: readonly Endpoint[];
  private readonly ajv = new Ajv2020({ strict: false, allErrors: false, validateFormats: true });
  private readonly known = new WeakMap<JsonSchema, ValidateFunction>();
  private readonly byText = new Map<string, ValidateFunction>();

  constructor(readonly document: OpenApi) {
    addFormats(this.ajv);
    this.ajv.addSchema({ ...document, $id: 'document' });
    this.endpoints = Object.entries(document.paths).flatMap(([path, item]) =>
      Object.entries(item).map(([verb, operation]) => ({ name: `${verb.toUpperCase()} ${path}`, method: verb.toUpperCase(), path, operation })),
    );
  }

  endpoint(name: string): Endpoint {
    const found = this.endpoints.find((endpoint) => endpoint.name === name);
    if (!found) throw new Error(`${name} is not in the document`);
    return found;
  }

  /** The answer that is described for a status, with its reference followed. */
  answer(endpoint: Endpoint, status: number | string): DescribedAnswer | undefined {
    const found = endpoint.operation.responses[String(status)];
    return found?.$ref === undefined ? found : (this.document.components.responses[found.$ref.replace('#/components/responses/', '')]);
  }

  /** What is wrong with a value, by a schema of the document; empty when nothing is. */
  faultsOfValue(schema: JsonSchema, value: unknown): string[] {
    const validate = this.known.get(schema) ?? this.compile(schema);
    return validate(value) ? [] : (validate.errors ?? []).map((error) => `${error.instancePath || 'the body'} ${error.message ?? ''} ${JSON.stringify(error.params)}`);
  }

  /** What is off the document in an answer of an operation; empty when nothing is. */
  faults(endpoint: Endpoint, received: Received, method = endpoint.method): string[] {
    const answer = this.answer(endpoint, received.status);
    if (!answer) return [`status ${received.status} is not described`];
    const faults = this.headerFaults(answer, received);
    if (method === 'HEAD' || received.status === 304) return faults;
    if (!answer.content) return received.text === '' ? faults : [...faults, 'a body where none is described'];
    return [...faults, ...this.bodyFaults(answer.content, received)];
  }

  /** What is off in an answer that no operation describes: it must be a problem. */
  strayFaults(received: Received): string[] {
    if (received.text === '') return received.status < 400 ? [] : ['an error without a body'];
    return this.bodyFaults(STRAY, received);
  }

  /** Many places have the same schema: it is compiled once. */
  private compile(schema: JsonSchema): ValidateFunction {
    const text = JSON.stringify(schema).replaceAll('"#/components', '"document#/components');
    const validate = this.byText.get(text) ?? this.ajv.compile(JSON.parse(text) as JsonSchema);
    this.byText.set(text, validate);
    this.known.set(schema, validate);
    return validate;
  }

  private bodyFaults(content: Readonly<Record<string, Media>>, { headers, text }: Received): string[] {
    const type = String(headers['content-type'] ?? '').split(';')[0]?.trim() ?? '';
    const media = content[type] ?? content['*/*'];
    if (!media) return [`content type "${type}" is not described; there are ${Object.keys(content).join(', ')}`];
    if (!/[/+]json$/.test(type) || !media.schema) return [];
    try {
      return this.faultsOfValue(media.schema, JSON.parse(text));
    } catch {
      return ['the body is not JSON'];
    }
  }

  private headerFaults(answer: DescribedAnswer, { headers }: Received): string[] {
    return Object.entries(answer.headers ?? {}).flatMap(([name, reference]) => {
      const described = reference.$ref === undefined ? reference : (this.document.components.headers[reference.$ref.replace('#/components/headers/', '')] as typeof reference | undefined);
      const value = headers[name.toLowerCase()];
      if (value === undefined) return described?.required ? [`the header ${name} is missing`] : [];
      const pattern = described?.schema?.['pattern'];
      return typeof pattern === 'string' && !new RegExp(pattern, 'u').test(String(value)) ? [`the header ${name} is ${JSON.stringify(value)}`] : [];
    });
  }
}
