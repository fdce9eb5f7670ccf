import { AppError, assertSafeUrl, invalidField, UNSAFE_URL } from '@app/common';

/**
 * The address that a key is sent to, without a slash at its end.
 * @throws {AppError} unsafe_url, validation_failed; both at /baseUrl
 */
export function readKeyAddress(text: string, allowLoopback: boolean): string {
  const url = checked(text, allowLoopback);
  if (url.search) throw invalidField('/baseUrl', 'invalid_format', 'must not hold a query');
  return `${url.origin}${url.pathname}`.replace(/\/+$/, '');
}

function checked(text: string, allowLoopback: boolean): URL {
  try {
    return assertSafeUrl(text, { allowLoopback });
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    throw new AppError(UNSAFE_URL, error.detail, { errors: [{ pointer: '/baseUrl', code: 'unsafe_url', detail: error.detail }] });
  }
}
