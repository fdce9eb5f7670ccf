import { notFound } from '@app/common';
import { PLAN_LIMIT_REPOSITORY_SECRETS } from '@app/domain';
import { Body, Controller, Delete, Get, HttpCode, Put, Query, Res } from '@nestjs/common';
import { ApiNoContentResponse, ApiOperation } from '@nestjs/swagger';
import type { Response } from 'express';
import { CurrentPrincipal, Policy } from '../auth/auth.decorators';
import type { Principal } from '../auth/principal';
import type { HttpRequest } from '../http/http-request';
import { ApiPage } from '../http/openapi/answers';
import { Problems } from '../http/openapi/problems.decorator';
import { PageQuery, type PageResponse } from '../http/paging/page.query';
import { Pager } from '../http/paging/pager';
import { IdParam } from '../http/validation/id.param';
import { RepositorySecretResponse } from './dto/repository-secret.response';
import { SetSecretDto } from './dto/set-secret.dto';
import { RepositorySecrets } from './repository-secrets';
import { ApiSecretName, SecretNameParam } from './secret-name.param';

@Controller('repositories/:id/secrets')
@Policy({ role: 'admin', scope: 'repos:write' })
export class RepositorySecretsController {
  constructor(
    private readonly secrets: RepositorySecrets,
    private readonly pager: Pager,
  ) {}

  @Get()
  @ApiOperation({ summary: "List a repository's secrets", description: 'Their names; a value is never shown again.' })
  @ApiPage(RepositorySecretResponse)
  async list(@IdParam() id: string, @Query() query: PageQuery, @CurrentPrincipal() principal: Principal, @Res({ passthrough: true }) response: Response): Promise<PageResponse<RepositorySecretResponse>> {
    const page = this.pager.open(query, response.req as HttpRequest);
    return page.close(await this.secrets.list(principal, id, page.request), (row) => RepositorySecretResponse.from(row), response);
  }

  @HttpCode(204)
  @Put(':name')
  @ApiOperation({
    summary: 'Set a secret of a repository',
    description: 'New, or in place of the one before. It is sealed, and given to the set-up command alone, as an environment variable; the agent and its commands never see it. At most 50 for a repository.',
  })
  @ApiSecretName()
  @ApiNoContentResponse()
  @Problems(PLAN_LIMIT_REPOSITORY_SECRETS)
  async set(@IdParam() id: string, @SecretNameParam() name: string, @Body() dto: SetSecretDto, @CurrentPrincipal() principal: Principal): Promise<void> {
    await this.secrets.set(principal, { repositoryId: id, name }, dto.value);
  }

  @HttpCode(204)
  @Delete(':name')
  @ApiOperation({ summary: 'Delete a secret of a repository' })
  @ApiSecretName()
  @ApiNoContentResponse()
  async delete(@IdParam() id: string, @SecretNameParam() name: string, @CurrentPrincipal() principal: Principal): Promise<void> {
    if (!(await this.secrets.delete(principal, { repositoryId: id, name }))) throw notFound();
  }
}
