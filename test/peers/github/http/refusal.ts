/** One entry of GitHub's `errors`. */
export interface FieldError {
  readonly resource: string;
  readonly field?: string;
  readonly code: 'missing' | 'missing_field' | 'invalid' | 'already_exists' | 'unprocessable' | 'custom';
  readonly message?: string;
}

const DOCUMENTATION = 'https://docs.github.com/rest';

/** An answer that is an error, in GitHub's shape. */
export class Refusal extends Error {
  constructor(
    readonly status: number,
    message: string,
    readonly errors: readonly FieldError[] | null = null,
    readonly headers: Readonly<Record<string, string>> = {},
  ) {
    super(message);
  }

  body(): unknown {
    return { message: this.message, ...(this.errors ? { errors: this.errors } : {}), documentation_url: DOCUMENTATION, status: String(this.status) };
  }
}

export const badCredentials = (): Refusal => new Refusal(401, 'Bad credentials');
export const notFound = (): Refusal => new Refusal(404, 'Not Found');
export const notAccessible = (): Refusal => new Refusal(403, 'Resource not accessible by integration');
export const invalid = (...errors: FieldError[]): Refusal => new Refusal(422, 'Validation Failed', errors);
