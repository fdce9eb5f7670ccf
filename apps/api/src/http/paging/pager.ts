import { createHmac, timingSafeEqual } from 'node:crypto';
import { AppConfig, AppError, hmacSha256, INVALID_CURSOR, type Page, type PageKey, type PageRequest } from '@app/common';
import { Injectable } from '@nestjs/common';
import type { Response } from 'express';
import { type HttpRequest, pathOf } from '../http-request';
import { sendsJson } from '../json-text';
import type { PageQuery, PageResponse } from './page.query';

const VERSION = 'c1';
const MAC_BYTES = 12;

/** One list request: what the store is asked for, and how its page is answered. */
export interface OpenPage {
  readonly request: PageRequest;
  /** Sets the `Link` header and gives the answer's body. */
  close<Row, Shape>(page: Page<Row>, shape: (row: Row) => Shape, response: Response): PageResponse<Shape>;
  /** The same for rows whose JSON is text already; the handler returns the text. */
  closeText<Row>(page: Page<Row>, json: (row: Row) => string, response: Response): string;
}

/**
 * Cursors: base64url of version, sort key, id, hash of the filters, and a MAC. Bound to the route, the organization and the filters, so one that
 * was changed or belongs to another list is refused.
 */
@Injectable()
export class Pager {
  private readonly key: Buffer;

  constructor(config: AppConfig) {
    this.key = config.core.JWT_SECRET.use((secret) => hmacSha256(secret, 'page cursors'));
  }

  /** @throws {AppError} invalid_cursor */
  open(query: PageQuery, request: HttpRequest): OpenPage {
    const binding = this.binding(query, request);
    const after = query.cursor === undefined ? null : this.read(query.cursor, binding);
    const cursorAfter = <Row>(page: Page<Row>, response: Response): string | null => {
      const nextCursor = page.next === null ? null : this.write(page.next, binding);
      if (nextCursor !== null) response.setHeader('Link', `<${nextUrl(request, nextCursor)}>; rel="next"`);
      return nextCursor;
    };
    return {
      request: { limit: query.limit, order: query.order, after },
      close: (page, shape, response) => ({ data: page.rows.map(shape), nextCursor: cursorAfter(page, response) }),
      closeText: (page, json, response) => {
        sendsJson(response);
        return `{"data":[${page.rows.map(json).join(',')}],"nextCursor":${JSON.stringify(cursorAfter(page, response))}}`;
      },
    };
  }

  private binding(query: PageQuery, request: HttpRequest): string {
    const filters = Object.entries(query)
      .filter(([name, value]) => name !== 'cursor' && name !== 'limit' && value !== undefined)
      .sort(([a], [b]) => (a < b ? -1 : 1));
    return JSON.stringify([pathOf(request), request.principal?.organizationId ?? null, filters]);
  }

  private write(key: PageKey, binding: string): string {
    return Buffer.from(JSON.stringify([VERSION, key.sort, key.id, this.mac(key, binding)])).toString('base64url');
  }

  private read(cursor: string, binding: string): PageKey {
    const parts = parse(cursor);
    if (!parts) throw invalidCursor();
    const [, sort, id, mac] = parts;
    const expected = this.mac({ sort, id }, binding);
    if (mac.length !== expected.length || !timingSafeEqual(Buffer.from(mac), Buffer.from(expected))) throw invalidCursor();
    return { sort, id };
  }

  private mac(key: PageKey, binding: string): string {
    return createHmac('sha256', this.key).update(JSON.stringify([VERSION, key.sort, key.id, binding])).digest().subarray(0, MAC_BYTES).toString('base64url');
  }
}

function parse(cursor: string): [string, string, string, string] | null {
  try {
    const value: unknown = JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8'));
    const isOurs = Array.isArray(value) && value.length === 4 && value.every((part) => typeof part === 'string' && /^[\x20-\x7e]*$/.test(part)) && value[0] === VERSION;
    return isOurs ? (value as [string, string, string, string]) : null;
  } catch {
    return null;
  }
}

function nextUrl(request: HttpRequest, cursor: string): string {
  const url = new URL(request.originalUrl, 'http://host');
  url.searchParams.set('cursor', cursor);
  return `${url.pathname}${url.search}`;
}

function invalidCursor(): AppError {
  return new AppError(INVALID_CURSOR, 'The cursor was changed, is of another list, or was used with other filters. Begin without one.', {
    errors: [{ pointer: '', parameter: 'cursor', code: 'invalid_cursor', detail: 'take nextCursor of the page before, with the same filters' }],
  });
}
