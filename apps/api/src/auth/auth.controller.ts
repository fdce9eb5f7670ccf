import { PLAN_LIMIT_MEMBERS } from '@app/billing';
import { AppConfig, INTEGRATION_NOT_CONFIGURED, invalidField, NOT_FOUND, NOT_READY } from '@app/common';
import { EMAIL_TAKEN, ORGANIZATION_LIMIT, USERNAME_TAKEN } from '@app/domain';
import { Body, Controller, HttpCode, Post, Req, Res } from '@nestjs/common';
import { ApiCreatedResponse, ApiNoContentResponse, ApiOkResponse, ApiOperation } from '@nestjs/swagger';
import type { Response } from 'express';
import type { HttpRequest } from '../http/http-request';
import { Problems } from '../http/openapi/problems.decorator';
import { Idempotent } from '../http/idempotency/idempotent.decorators';
import { RateLimit } from '../http/rate-limit/rate-limit.decorator';
import { ACCOUNT_LINK_REQUIRED } from '@app/accounts';
import { EndedSessionAllowed, OptionalPrincipal, Policy, Public } from './auth.decorators';
import { ACCOUNT_SUSPENDED, INVALID_CREDENTIALS, REFRESH_TOKEN_INVALID, REFRESH_TOKEN_REUSED, TOKEN_EXPIRED, TOKEN_REVOKED, TOO_MANY_LOGIN_ATTEMPTS, UNAUTHENTICATED, unauthorized } from './auth.errors';
import { AuthService } from './auth.service';
import { ClerkSignIn } from './clerk/clerk-sign-in';
import { IMPERSONATION_FORBIDDEN, SESSION_PENDING } from './clerk/clerk.errors';
import { LoginDto } from './dto/login.dto';
import { LogoutDto } from './dto/logout.dto';
import { RefreshDto } from './dto/refresh.dto';
import { RegisterDto } from './dto/register.dto';
import { SessionResponse, TokensResponse } from './dto/session.response';
import type { Principal } from './principal';
import { clearRefreshCookie, refreshCookie, setRefreshCookie } from './refresh-cookie';
import { Registration } from './registration';
import { SessionService } from './session.service';

@Controller('auth')
export class AuthController {
  constructor(
    private readonly registration: Registration,
    private readonly auth: AuthService,
    private readonly clerk: ClerkSignIn,
    private readonly sessions: SessionService,
    private readonly config: AppConfig,
  ) {}

  @Public()
  @Idempotent()
  @RateLimit('signIn')
  @Post('register')
  @ApiOperation({ summary: 'Create an account with its personal organization, and sign in' })
  @ApiCreatedResponse({ type: SessionResponse })
  @Problems(EMAIL_TAKEN, USERNAME_TAKEN, NOT_FOUND, ORGANIZATION_LIMIT, PLAN_LIMIT_MEMBERS, TOO_MANY_LOGIN_ATTEMPTS)
  async register(@Body() dto: RegisterDto, @Res({ passthrough: true }) response: Response): Promise<SessionResponse> {
    const session = await this.registration.register(dto);
    setRefreshCookie(response, session.refreshToken);
    return session;
  }

  @Public()
  @HttpCode(200)
  @RateLimit('signIn')
  @Post('login')
  @ApiOperation({ summary: 'Sign in' })
  @ApiOkResponse({ type: SessionResponse })
  @Problems(INVALID_CREDENTIALS, UNAUTHENTICATED, TOKEN_EXPIRED, TOKEN_REVOKED, SESSION_PENDING, ACCOUNT_LINK_REQUIRED, ACCOUNT_SUSPENDED, IMPERSONATION_FORBIDDEN, TOO_MANY_LOGIN_ATTEMPTS, INTEGRATION_NOT_CONFIGURED, NOT_READY)
  async login(@Body() dto: LoginDto, @Res({ passthrough: true }) response: Response): Promise<SessionResponse> {
    if (typeof dto.clerkToken === 'string' && (dto.email ?? dto.password ?? null) !== null) throw invalidField('/clerkToken', 'not_allowed', 'send either clerkToken, or email and password');
    const session = await (typeof dto.clerkToken !== 'string' ? this.auth.login(dto.email ?? '', dto.password ?? '') : this.clerk.signIn(dto.clerkToken));
    setRefreshCookie(response, session.refreshToken);
    return session;
  }

  @Public()
  @HttpCode(200)
  @RateLimit('refresh')
  @Post('refresh')
  @ApiOperation({ summary: 'Exchange a refresh token for new tokens', description: 'Each token is good once. Using an old one again ends the session; for 10 s a repeated call gets the same answer.' })
  @ApiOkResponse({ type: TokensResponse })
  @Problems(REFRESH_TOKEN_INVALID, REFRESH_TOKEN_REUSED, ACCOUNT_SUSPENDED)
  async refresh(@Body() dto: RefreshDto, @Req() request: HttpRequest, @Res({ passthrough: true }) response: Response): Promise<TokensResponse> {
    const token = dto.refreshToken ?? refreshCookie(request, this.config);
    if (!token) throw unauthorized(REFRESH_TOKEN_INVALID, 'Send refreshToken, or the cookie of the login.');
    const tokens = await this.sessions.refresh(token);
    setRefreshCookie(response, tokens.refreshToken);
    return tokens;
  }

  @Policy()
  @EndedSessionAllowed()
  @HttpCode(204)
  @Post('logout')
  @ApiOperation({ summary: 'End this session, or all of them' })
  @ApiNoContentResponse()
  async logout(@Body() dto: LogoutDto, @OptionalPrincipal() principal: Principal | null, @Res({ passthrough: true }) response: Response): Promise<void> {
    if (principal) await this.sessions.end(principal, dto.all === true);
    clearRefreshCookie(response);
  }
}
