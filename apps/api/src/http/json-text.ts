import type { Response } from 'express';

/** Says that the text which the handler returns is JSON already. */
export function sendsJson(response: Response): void {
  response.setHeader('Content-Type', 'application/json; charset=utf-8');
}
