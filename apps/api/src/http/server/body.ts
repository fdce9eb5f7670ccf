import { AppError, MALFORMED_JSON, UNSUPPORTED_MEDIA_TYPE, INVALID_PARAMETER } from '@app/common';
import type { NestExpressApplication } from '@nestjs/platform-express';
import type { NextFunction, Request, Response } from 'express';
import { type HttpRequest, pathOf } from '../http-request';
import { checkJson, checkUrl } from '../validation/json-shape';

const DEFAULT_LIMIT = '100kb';
const LARGE_LIMIT = '1mb';
const MAX_URL = 8_192;
/** Routes that carry prompts. */
const LARGE = /^\/api\/v1\/tasks(\/[^/]+(\/messages|\/fork|\/plan\/(approve|reject))?)?\/?$/;
/** Routes that check a signature over the raw bytes: they read no JSON before that. */
const RAW = /^\/api\/v1\/webhooks\//;

/** Reads JSON bodies within the route's limit, and checks what was read. */
export function useBodies(app: NestExpressApplication): void {
  app.use(urlGuard);
  app.use(mediaTypeGuard);
  app.useBodyParser('json', { limit: LARGE_LIMIT, inflate: false, strict: true, type: (request) => isRead(request as Request) && LARGE.test(pathOf(request as Request)) });
  app.useBodyParser('json', { limit: DEFAULT_LIMIT, inflate: false, strict: true, type: (request) => isRead(request as Request) && !LARGE.test(pathOf(request as Request)) && !RAW.test(pathOf(request as Request)) });
  app.use(shapeGuard);
}

function urlGuard(request: HttpRequest, _response: Response, next: NextFunction): void {
  if (request.originalUrl.length > MAX_URL) throw new AppError(INVALID_PARAMETER, `The address is longer than ${MAX_URL} bytes.`);
  checkUrl(request.originalUrl);
  next();
}

function mediaTypeGuard(request: HttpRequest, _response: Response, next: NextFunction): void {
  if (takesBody(request) && hasBody(request) && !isJson(request) && !RAW.test(pathOf(request))) throw new AppError(UNSUPPORTED_MEDIA_TYPE, 'Send the body as application/json.');
  if (!isUtf8(request)) throw new AppError(UNSUPPORTED_MEDIA_TYPE, 'Send the body as UTF-8.');
  next();
}

function shapeGuard(request: HttpRequest, _response: Response, next: NextFunction): void {
  const body = request.body as unknown;
  if (body !== undefined && (typeof body !== 'object' || body === null)) throw new AppError(MALFORMED_JSON, 'The body must be a JSON object.');
  if (body !== undefined) checkJson(body);
  // A route that takes a body meets an empty one as an object without fields, so that each missing field is named.
  if (body === undefined && !RAW.test(pathOf(request))) request.body = {};
  next();
}

function isRead(request: Request): boolean {
  return takesBody(request) && isJson(request);
}

/** Whatever comes along with a GET means nothing (RFC 9110, 9.3.1), so nobody looks at it. */
function takesBody({ method }: Request): boolean {
  return method !== 'GET' && method !== 'HEAD';
}

/** JSON is UTF-8; the parser would also take UTF-16 and UTF-32. */
function isUtf8(request: Request): boolean {
  const charset = /;\s*charset\s*=\s*"?([^\s";]{1,40})/i.exec(request.headers['content-type'] ?? '')?.[1];
  return charset === undefined || charset.toLowerCase() === 'utf-8';
}

function hasBody(request: Request): boolean {
  return request.headers['transfer-encoding'] !== undefined || Number(request.headers['content-length'] ?? 0) > 0;
}

function isJson(request: Request): boolean {
  return /^application\/(?:[\w.+-]{1,60}\+)?json\s*(?:;|$)/i.test(request.headers['content-type'] ?? '');
}
