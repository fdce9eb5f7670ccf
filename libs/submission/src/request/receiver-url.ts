import { AppError, assertSafeUrl, UNSAFE_URL, type UrlRules } from '@app/common';

/**
 * Reads the address of a receiver, in its canonical form, so that the same one in two spellings is the same. What its name resolves to is checked
 * each time it is connected to.
 * @throws {AppError} unsafe_url, at the field
 */
export function receiverUrl(field: string, text: string, rules: UrlRules): string {
  try {
    return assertSafeUrl(text, rules).href;
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    throw new AppError(UNSAFE_URL, error.detail, { errors: [{ pointer: `/${field}`, code: UNSAFE_URL.code, detail: error.detail }] });
  }
}
