import type { NestExpressApplication } from '@nestjs/platform-express';
import { type OpenAPIObject, SwaggerModule } from '@nestjs/swagger';
import type { NextFunction, Request, Response } from 'express';
import { contentTag } from '../etag';
import { buildOpenApi } from './document';
import { DOCS_STYLE } from './docs-style';

/** The page needs its own script, style and images; nothing from elsewhere. */
const DOCS_CSP = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; font-src 'self' data:; connect-src 'self'; frame-ancestors 'none'";
const DOCUMENTS = ['/openapi.json', '/openapi.yaml'];

/** /openapi.json, /openapi.yaml and the page /docs, which works offline. The document is built at the first request, from all modules. */
export function serveOpenApi(app: NestExpressApplication): void {
  let document: OpenAPIObject | undefined;
  const factory = (): OpenAPIObject => (document ??= buildOpenApi(app));
  app.use('/docs', (_request: Request, response: Response, next: NextFunction) => {
    response.setHeader('Content-Security-Policy', DOCS_CSP);
    response.setHeader('Cache-Control', 'no-cache');
    next();
  });
  app.use(DOCUMENTS, writtenOnce());
  SwaggerModule.setup('docs', app, factory, {
    jsonDocumentUrl: 'openapi.json',
    yamlDocumentUrl: 'openapi.yaml',
    customSiteTitle: 'Async Coder API',
    customCss: DOCS_STYLE,
    swaggerOptions: { persistAuthorization: true, docExpansion: 'none', defaultModelsExpandDepth: 0, defaultModelExpandDepth: 3, displayRequestDuration: true, filter: true, validatorUrl: null, syntaxHighlight: { theme: 'nord' } },
  });
}

/** Writing the whole document as text takes a quarter of a second: once is enough. */
function writtenOnce() {
  const texts = new Map<string, { text: string; type: string; tag: string }>();
  return (request: Request, response: Response, next: NextFunction): void => {
    const path = request.baseUrl;
    const known = texts.get(path);
    response.setHeader('Cache-Control', 'no-cache');
    if (known) {
      response.setHeader('ETag', known.tag);
      response.type(known.type).send(known.text);
      return;
    }
    const send = response.send.bind(response);
    response.send = (body: unknown) => {
      if (typeof body === 'string' && response.statusCode === 200) texts.set(path, { text: body, type: String(response.getHeader('content-type') ?? ''), tag: contentTag(body) });
      return send(body);
    };
    next();
  };
}
