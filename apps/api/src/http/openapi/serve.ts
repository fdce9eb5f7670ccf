import type { NestExpressApplication } from '@nestjs/platform-express';
import { type OpenAPIObject, SwaggerModule } from '@nestjs/swagger';
import type { NextFunction, Request, Response } from 'express';
import { buildOpenApi } from './document';

/** The page needs its own script, style and images; nothing from elsewhere. */
const DOCS_CSP = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; font-src 'self' data:; connect-src 'self'; frame-ancestors 'none'";
const STYLE = `
.swagger-ui .topbar { display: none }
.swagger-ui .info { margin: 32px 0 16px }
.swagger-ui .info .title { font-weight: 600; letter-spacing: -0.02em }
.swagger-ui .scheme-container { box-shadow: none; border-bottom: 1px solid #e5e7eb; padding: 12px 0 }
.swagger-ui .opblock { border-radius: 6px; box-shadow: none }
`;

/** /openapi.json, /openapi.yaml and the page /docs, which works offline. The document is built at the first request, from all modules. */
export function serveOpenApi(app: NestExpressApplication): void {
  let document: OpenAPIObject | undefined;
  const factory = (): OpenAPIObject => (document ??= buildOpenApi(app));
  app.use('/docs', (_request: Request, response: Response, next: NextFunction) => {
    response.setHeader('Content-Security-Policy', DOCS_CSP);
    response.setHeader('Cache-Control', 'no-cache');
    next();
  });
  SwaggerModule.setup('docs', app, factory, {
    jsonDocumentUrl: 'openapi.json',
    yamlDocumentUrl: 'openapi.yaml',
    customSiteTitle: 'Async Coder API',
    customCss: STYLE,
    swaggerOptions: { persistAuthorization: true, docExpansion: 'list', displayRequestDuration: true, filter: true, tagsSorter: 'alpha', validatorUrl: null },
  });
}
