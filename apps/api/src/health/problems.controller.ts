import { AppConfig, AppError, declaredErrors, NOT_ACCEPTABLE, notFound } from '@app/common';
import { Controller, Get, Param, Req, Res } from '@nestjs/common';
import { ApiExtraModels, ApiOkResponse, ApiOperation, ApiParam, getSchemaPath } from '@nestjs/swagger';
import type { Response } from 'express';
import { Public } from '../auth/auth.decorators';
import type { HttpRequest } from '../http/http-request';
import { Problems } from '../http/openapi/problems.decorator';
import { ProblemKindResponse } from './dto/problem.response';
import { explain, kindOfSlug, listPage, PAGE_CSP, problemPage } from './problem-pages';

const HTML = { 'text/html': { schema: { type: 'string' as const }, example: '<!doctype html>…' } };
const LIST = { type: 'object' as const, required: ['data'], additionalProperties: false, properties: { data: { type: 'array' as const, items: { $ref: getSchemaPath(ProblemKindResponse) } } } };

/** The pages that `type` of a problem points at: for people as HTML, for programs as JSON. */
@Public()
@ApiExtraModels(ProblemKindResponse)
@Controller('problems')
export class ProblemsController {
  constructor(private readonly config: AppConfig) {}

  @Get()
  @ApiOperation({ summary: 'List every error code', description: 'As a page with `Accept: text/html`.' })
  @ApiOkResponse({ description: 'Every code that this API answers with.', content: { 'application/json': { schema: LIST }, ...HTML } })
  @Problems(NOT_ACCEPTABLE)
  list(@Req() request: HttpRequest, @Res() response: Response): void {
    const { PUBLIC_URL } = this.config.core;
    answer(request, response, { data: () => ({ data: declaredErrors().map((kind) => explain(kind, PUBLIC_URL)) }), page: listPage });
  }

  @Get(':slug')
  @ApiParam({ name: 'slug', description: 'The code with dashes.', schema: { type: 'string', example: 'insufficient-credits' } })
  @ApiOperation({ summary: 'Explain one error code', description: 'What it means, what to do, which members it adds. As a page with `Accept: text/html`.' })
  @ApiOkResponse({ description: 'The code.', content: { 'application/json': { schema: { $ref: getSchemaPath(ProblemKindResponse) } }, ...HTML } })
  @Problems(NOT_ACCEPTABLE)
  get(@Param('slug') slug: string, @Req() request: HttpRequest, @Res() response: Response): void {
    const kind = kindOfSlug(slug);
    if (!kind) throw notFound();
    const { PUBLIC_URL } = this.config.core;
    answer(request, response, { data: () => explain(kind, PUBLIC_URL), page: () => problemPage(kind, PUBLIC_URL) });
  }
}

function answer(request: HttpRequest, response: Response, shape: { data: () => object; page: () => string }): void {
  const wanted = request.accepts(['application/json', 'text/html']);
  if (wanted === false) throw new AppError(NOT_ACCEPTABLE, 'There are application/json and text/html.');
  response.setHeader('Vary', 'Accept');
  response.setHeader('Cache-Control', 'public, max-age=300');
  if (wanted === 'application/json') {
    response.json(shape.data());
    return;
  }
  response.setHeader('Content-Security-Policy', PAGE_CSP);
  response.type('text/html; charset=utf-8').send(shape.page());
}
