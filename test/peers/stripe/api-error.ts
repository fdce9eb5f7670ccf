/** A refusal in Stripe's words. */
export class ApiError extends Error {
  constructor(
    readonly status: number,
    readonly type: 'api_error' | 'card_error' | 'idempotency_error' | 'invalid_request_error',
    message: string,
    readonly more: { readonly code?: string; readonly param?: string; readonly decline_code?: string } = {},
  ) {
    super(message);
  }

  get body(): object {
    const { code } = this.more;
    return { error: { type: this.type, message: this.message, ...this.more, ...(code === undefined ? {} : { doc_url: `https://docs.stripe.com/error-codes/${code.replaceAll('_', '-')}` }) } };
  }
}

export function missing(kind: string, id: string): ApiError {
  return new ApiError(404, 'invalid_request_error', `No such ${kind}: '${id}'`, { code: 'resource_missing', param: 'id' });
}

export function invalid(message: string, param?: string, code = 'parameter_invalid'): ApiError {
  return new ApiError(400, 'invalid_request_error', message, { code, ...(param === undefined ? {} : { param }) });
}
