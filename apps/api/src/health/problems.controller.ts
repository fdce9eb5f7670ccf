import { declaredErrors, notFound } from '@app/common';
import { Controller, Get, Header, Param } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { Public } from '../auth/auth.decorators';
import { problemSlug } from '../http/problems/problem';

/** The pages that `type` of a problem points at. */
@ApiTags('Operations')
@Public()
@Controller('problems')
export class ProblemsController {
  @Get(':slug')
  @Header('Content-Type', 'text/html; charset=utf-8')
  @ApiOperation({ summary: 'Explain one kind of error' })
  @ApiOkResponse({ content: { 'text/html': { schema: { type: 'string' } } } })
  page(@Param('slug') slug: string): string {
    const kind = declaredErrors().find((declared) => problemSlug(declared.code) === slug);
    if (!kind) throw notFound();
    // Code and title are texts of our own, without anything to escape but the apostrophe.
    return `<!doctype html><html lang="en"><meta charset="utf-8"><title>${kind.title}</title><h1>${kind.title}</h1><p>Code <code>${kind.code}</code>, HTTP status ${kind.status}.</p></html>`;
  }
}
