import { Ajv, type AnySchemaObject, type ValidateFunction } from 'ajv';
import addFormats from 'ajv-formats';
import { jsonText } from '../http/json';
import { readDescription } from './description';

const ID = 'github';

/** GitHub leaves these out of its description and answers them like those. */
const ANSWERED_LIKE: Readonly<Record<string, string>> = { '/repositories/{repository_id}': '/repos/{owner}/{repo}' };

interface Node {
  readonly $ref?: string;
  readonly [key: string]: unknown;
}

/** Problems of a request or an answer with GitHub's own description; validators are made when first needed. */
export class Contract {
  readonly #description: AnySchemaObject | null = readDescription();
  readonly #ajv = addFormats(new Ajv({ strict: false, validateSchema: false, allErrors: true, logger: false }));
  readonly #validators = new Map<string, ValidateFunction>();

  constructor() {
    if (this.#description) this.#ajv.addSchema(this.#description, ID);
  }

  /** Null when all is well, else what is wrong with the body of a request. */
  requestProblem(method: string, path: string, body: unknown): string | null {
    const place = [...operationPlace(method, path), 'requestBody', 'content', 'application/json', 'schema'];
    return this.#problem(place, body) ?? this.#foreignField(place, body);
  }

  /** Null when all is well, else which part of the query GitHub does not know or does not take. */
  queryProblem(method: string, path: string, query: URLSearchParams): string | null {
    const operation = this.#find(operationPlace(method, path));
    if (!operation) return null;
    const described = (operation.node.parameters as readonly Node[] | undefined)?.map((parameter) => this.#resolved(parameter)) ?? [];
    for (const [name, value] of query) {
      const parameter = described.find((one) => one.in === 'query' && one.name === name);
      if (!parameter) return `query has a parameter that GitHub does not know: ${name}`;
      const { type, enum: values } = (parameter.schema ?? {}) as { type?: string; enum?: readonly string[] };
      if (type === 'integer' && !/^\d+$/.test(value)) return `query parameter ${name} is not an integer`;
      if (values && !values.includes(value)) return `query parameter ${name} is none of ${values.join(', ')}`;
    }
    return null;
  }

  /** Whether GitHub's description of this operation is among those kept here. */
  describes(method: string, path: string): boolean {
    return this.#find(operationPlace(method, path)) !== null;
  }

  answerProblem(method: string, path: string, { status, body }: { status: number; body?: unknown }): string | null {
    const answer = this.#find([...operationPlace(method, path), 'responses', String(status)]);
    // Errors that any operation may answer with are not listed at each of them.
    const isBare = answer !== null && status >= 400 && this.#find([...answer.place, 'content', 'application/json', 'schema']) === null;
    if (answer === null || isBare) return status < 400 ? `status ${status} is not described` : this.#problem(['components', 'schemas', 'basic-error'], body);
    const place = [...answer.place, 'content', 'application/json', 'schema'];
    if (this.#find(place) === null) return body === undefined ? null : `no body is described for status ${status}`;
    return this.#problem(place, JSON.parse(jsonText(body)) as unknown);
  }

  #problem(place: readonly string[], value: unknown): string | null {
    const found = this.#find(place);
    if (!found) return null;
    const validate = this.#validator(found.place);
    return validate(value) ? null : this.#ajv.errorsText(validate.errors, { dataVar: 'body' });
  }

  /** GitHub ignores a field that it does not know: whoever sends one believes that it does something. */
  #foreignField(place: readonly string[], body: unknown): string | null {
    const known = this.#find(place)?.node.properties;
    if (typeof known !== 'object' || known === null || typeof body !== 'object' || body === null) return null;
    const foreign = Object.keys(body).find((field) => !(field in known));
    return foreign === undefined ? null : `body has a field that GitHub does not know: ${foreign}`;
  }

  #resolved(node: Node): Node {
    return typeof node.$ref === 'string' ? (this.#find(node.$ref.slice(2).split('/'))?.node ?? node) : node;
  }

  #validator(place: readonly string[]): ValidateFunction {
    const pointer = place.map((part) => `/${encodeURIComponent(part.replace(/~/g, '~0').replace(/\//g, '~1'))}`).join('');
    const known = this.#validators.get(pointer);
    if (known) return known;
    const validate = this.#ajv.compile({ $ref: `${ID}#${pointer}` });
    this.#validators.set(pointer, validate);
    return validate;
  }

  /** Walks down, through references; the place it ends at is one without. */
  #find(place: readonly string[]): { node: Node; place: string[] } | null {
    let node = this.#description;
    let way: string[] = [];
    for (const part of place) {
      node = (node?.[part] as Node | undefined) ?? null;
      if (node === null) return null;
      way = [...way, part];
      if (typeof node.$ref === 'string') {
        way = node.$ref.slice(2).split('/');
        node = way.reduce<Node | null>((at, step) => (at?.[step] as Node | undefined) ?? null, this.#description);
      }
    }
    return node ? { node, place: way } : null;
  }
}

function operationPlace(method: string, path: string): string[] {
  return ['paths', ANSWERED_LIKE[path] ?? path, method.toLowerCase()];
}
