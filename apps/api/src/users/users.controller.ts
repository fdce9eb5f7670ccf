import { Body, Controller, Get, Patch, Put, Req, Res } from '@nestjs/common';
import { ApiOkResponse, ApiOperation } from '@nestjs/swagger';
import type { Response } from 'express';
import { CurrentPrincipal, Policy } from '../auth/auth.decorators';
import type { Principal } from '../auth/principal';
import { contentTag, hasIfMatch, requireIfMatch, setEtag } from '../http/etag';
import type { HttpRequest } from '../http/http-request';
import { CreditsResponse } from './dto/credits.response';
import { ProfileResponse } from './dto/profile.response';
import { UpdateProfileDto } from './dto/update-profile.dto';
import { ProfileService } from './profile.service';

@Controller('users')
export class UsersController {
  constructor(private readonly profiles: ProfileService) {}

  @Policy()
  @Get('profile')
  @ApiOperation({ summary: 'Get your profile' })
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
  async update(@Body() dto: UpdateProfileDto, @CurrentPrincipal() principal: Principal, @Req() request: HttpRequest, @Res({ passthrough: true }) response: Response): Promise<ProfileResponse> {
    const { profile, rowVersion } = await this.profiles.get(principal);
    requireIfMatch(request, contentTag(profile));
    const changed = await this.profiles.update(principal, dto, hasIfMatch(request) ? rowVersion : null);
    setEtag(response, contentTag(changed));
    return changed;
  }

  @Policy()
  @Patch('profile')
  @ApiOperation({ summary: 'Change your profile (alias of PUT)' })
  @ApiOkResponse({ type: ProfileResponse })
  patch(@Body() dto: UpdateProfileDto, @CurrentPrincipal() principal: Principal, @Req() request: HttpRequest, @Res({ passthrough: true }) response: Response): Promise<ProfileResponse> {
    return this.update(dto, principal, request, response);
  }

  @Policy()
  @Get('credits')
  @ApiOperation({ summary: "Get the organization's credits" })
  @ApiOkResponse({ type: CreditsResponse })
  credits(@CurrentPrincipal() principal: Principal): Promise<CreditsResponse> {
    return this.profiles.credits(principal.organizationId);
  }
}
