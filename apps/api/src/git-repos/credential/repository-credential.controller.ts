import { notFound } from '@app/common';
import { INVALID_CLONE_URL, SSH_UNAVAILABLE } from '@app/domain';
import { Body, Controller, Delete, Get, HttpCode, Put } from '@nestjs/common';
import { ApiNoContentResponse, ApiOkResponse, ApiOperation } from '@nestjs/swagger';
import { CurrentPrincipal, Policy } from '../../auth/auth.decorators';
import type { Principal } from '../../auth/principal';
import { Problems } from '../../http/openapi/problems.decorator';
import { IdParam } from '../../http/validation/id.param';
import { CREDENTIAL_NOT_APPLICABLE, HOST_KEY_UNREACHABLE } from './credential.errors';
import { CredentialResponse, HostKeysResponse } from './credential.response';
import { RepositoryCredentials } from './repository-credentials';
import { SetCredentialDto } from './set-credential.dto';

/** How a plain git remote lets us in. */
@Controller('repositories/:id/credential')
@Policy({ role: 'admin', scope: 'repos:write' })
export class RepositoryCredentialController {
  constructor(private readonly credentials: RepositoryCredentials) {}

  @Get()
  @ApiOperation({ summary: "Get a repository's credential", description: 'What it is and who set it; password and private key are never shown again. 404 when there is none.' })
  @ApiOkResponse({ type: CredentialResponse })
  async get(@IdParam() id: string, @CurrentPrincipal() principal: Principal): Promise<CredentialResponse> {
    return CredentialResponse.from(await this.credentials.get(principal, id));
  }

  @Put()
  @ApiOperation({
    summary: 'Set the credential of a plain git remote',
    description: 'New, or in place of the one before; for repositories that were connected by cloneUrl. It is sealed, and given to one git process at a time: never to the agent, its commands or set-up.',
  })
  @ApiOkResponse({ type: CredentialResponse })
  @Problems(CREDENTIAL_NOT_APPLICABLE)
  async set(@IdParam() id: string, @Body() dto: SetCredentialDto, @CurrentPrincipal() principal: Principal): Promise<CredentialResponse> {
    return CredentialResponse.from(await this.credentials.set(principal, id, dto));
  }

  @HttpCode(204)
  @Delete()
  @ApiOperation({ summary: "Delete a repository's credential" })
  @ApiNoContentResponse()
  async delete(@IdParam() id: string, @CurrentPrincipal() principal: Principal): Promise<void> {
    if (!(await this.credentials.delete(principal, id))) throw notFound();
  }

  @Get('host-keys')
  @ApiOperation({ summary: 'Ask an ssh remote for its host keys', description: 'What the server presents now. Compare the fingerprints with what its owner publishes, and confirm them by sending them back as `hostKeys`.' })
  @ApiOkResponse({ type: HostKeysResponse })
  @Problems(CREDENTIAL_NOT_APPLICABLE, INVALID_CLONE_URL, SSH_UNAVAILABLE, HOST_KEY_UNREACHABLE)
  async hostKeys(@IdParam() id: string, @CurrentPrincipal() principal: Principal): Promise<HostKeysResponse> {
    return { hostKeys: await this.credentials.hostKeys(principal, id) };
  }
}
