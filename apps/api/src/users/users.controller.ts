import { VERSION_CONFLICT } from '@app/common';
import { LAST_ADMIN, LAST_OWNER, UnitOfWork, USERNAME_TAKEN, UserStatsStore } from '@app/domain';
import { Body, Controller, Delete, Get, HttpCode, Patch, Put, Req, Res } from '@nestjs/common';
import { ApiNoContentResponse, ApiOkResponse, ApiOperation } from '@nestjs/swagger';
import type { Response } from 'express';
import { CurrentPrincipal, Policy } from '../auth/auth.decorators';
import type { Principal } from '../auth/principal';
import { clearRefreshCookie } from '../auth/refresh-cookie';
import { contentTag, hasIfMatch, requireIfMatch, setEtag } from '../http/etag';
import type { HttpRequest } from '../http/http-request';
import { Problems } from '../http/openapi/problems.decorator';
import { AccountDeletion } from './account-deletion';
import { CreditsResponse } from './dto/credits.response';
import { DeleteProfileDto } from './dto/delete-profile.dto';
import { ProfileResponse } from './dto/profile.response';
import { UserStatsResponse } from './dto/stats.response';
import { UpdateProfileDto } from './dto/update-profile.dto';
import { ProfileService } from './profile.service';
import { ProfileUpdate } from './profile-update';

@Controller('users')
export class UsersController {
  constructor(
    private readonly profiles: ProfileService,
    private readonly profileUpdate: ProfileUpdate,
    private readonly deletion: AccountDeletion,
    private readonly stats: UserStatsStore,
    private readonly unitOfWork: UnitOfWork,
  ) {}

  @Policy({ credentials: ['session', 'clerk', 'token'] })
  @Get('profile')
  @ApiOperation({ summary: 'Get your profile', description: 'With a personal access token: its owner, in its organization.' })
  @ApiOkResponse({ type: ProfileResponse })
  async profile(@CurrentPrincipal() principal: Principal, @Res({ passthrough: true }) response: Response): Promise<ProfileResponse> {
    const { profile } = await this.profiles.get(principal);
    setEtag(response, contentTag(profile));
    return profile;
  }

  @Policy()
  @Put('profile')
  @ApiOperation({ summary: 'Change your profile', description: 'Merges the fields that are sent.' })
  @ApiOkResponse({ type: ProfileResponse })
  @Problems(USERNAME_TAKEN, VERSION_CONFLICT)
  async update(@Body() dto: UpdateProfileDto, @CurrentPrincipal() principal: Principal, @Req() request: HttpRequest, @Res({ passthrough: true }) response: Response): Promise<ProfileResponse> {
    const { profile, rowVersion } = await this.profiles.get(principal);
    requireIfMatch(request, contentTag(profile));
    await this.profileUpdate.write(principal, dto, hasIfMatch(request) ? rowVersion : null);
    const changed = (await this.profiles.get(principal)).profile;
    setEtag(response, contentTag(changed));
    return changed;
  }

  @Policy()
  @Patch('profile')
  @ApiOperation({ summary: 'Change your profile (alias of PUT)' })
  @ApiOkResponse({ type: ProfileResponse })
  @Problems(USERNAME_TAKEN, VERSION_CONFLICT)
  patch(@Body() dto: UpdateProfileDto, @CurrentPrincipal() principal: Principal, @Req() request: HttpRequest, @Res({ passthrough: true }) response: Response): Promise<ProfileResponse> {
    return this.update(dto, principal, request, response);
  }

  @Policy()
  @HttpCode(204)
  @Delete('profile')
  @ApiOperation({
    summary: 'Delete your account',
    description: 'For good: what tells who you are is blanked, sessions, tokens and the texts of keys are gone, running tasks are cancelled, the personal organization ends. Teams that only you own and others belong to need another owner first.',
  })
  @ApiNoContentResponse()
  @Problems(LAST_OWNER, LAST_ADMIN, VERSION_CONFLICT)
  async delete(@Body() dto: DeleteProfileDto, @CurrentPrincipal() principal: Principal, @Req() request: HttpRequest, @Res({ passthrough: true }) response: Response): Promise<void> {
    if (hasIfMatch(request)) requireIfMatch(request, contentTag((await this.profiles.get(principal)).profile));
    await this.deletion.delete(principal.userId, dto.confirm);
    clearRefreshCookie(response);
  }

  @Policy({ scope: 'billing:read' })
  @Get('credits')
  @ApiOperation({ summary: "Get the organization's credits" })
  @ApiOkResponse({ type: CreditsResponse })
  credits(@CurrentPrincipal() principal: Principal): Promise<CreditsResponse> {
    return this.profiles.credits(principal.organizationId);
  }

  @Policy()
  @Get('stats')
  @ApiOperation({ summary: 'What your tasks came to', description: 'Your own tasks in the organization that the request acts in.' })
  @ApiOkResponse({ type: UserStatsResponse })
  async ownStats(@CurrentPrincipal() { organizationId, userId }: Principal): Promise<UserStatsResponse> {
    return UserStatsResponse.from(await this.stats.find(this.unitOfWork.reader, organizationId, userId));
  }
}
