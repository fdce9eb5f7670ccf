import { createHash } from 'node:crypto';
import { AppError, VERSION_CONFLICT } from '@app/common';
import type { Request, Response } from 'express';

/** A strong tag made of version numbers: `"7"`, `"7-42"`. */
export function versionTag(...versions: readonly (number | bigint | string)[]): string {
  return `"${versions.join('-')}"`;
}

/** A strong tag made of the content, where a row's number does not cover all that is shown. */
export function contentTag(content: unknown): string {
  return `"${createHash('sha256').update(JSON.stringify(content)).digest('base64url').slice(0, 22)}"`;
}

/** Sets the tag. A GET whose If-None-Match names it then answers 304 by itself, as Express compares the two. */
export function setEtag(response: Response, tag: string): void {
  response.setHeader('ETag', tag);
}

/** Lets browsers and clients keep an answer for `seconds`; everything else is no-store. */
export function cacheFor(response: Response, seconds: number): void {
  response.setHeader('Cache-Control', `private, max-age=${seconds}`);
}

/** Whether the caller made the change depend on a version; then the UPDATE must name the row version it leaves. */
export function hasIfMatch(request: Request): boolean {
  return request.headers['if-match'] !== undefined;
}

/** @throws {AppError} version_conflict when If-Match is sent and names neither the tag nor `*`. */
export function requireIfMatch(request: Request, tag: string): void {
  const header = request.headers['if-match'];
  if (header === undefined) return;
  const wanted = header.split(',').map((item) => item.trim());
  if (!wanted.includes('*') && !wanted.includes(tag)) throw versionConflict();
}

export function versionConflict(): AppError {
  return new AppError(VERSION_CONFLICT, 'The resource was changed by somebody else. Read it again and repeat the change.');
}
