import { Module } from '@nestjs/common';
import { APP_GUARD } from '@nestjs/core';
import { JwtModule } from '@nestjs/jwt';
import { PassportModule } from '@nestjs/passport';
import { accountsModule } from '../accounts.module';
import { DatabaseModule } from '../database.module';
import { OrganizationsModule } from '../organizations/organizations.module';
import { AccessTokens } from './access-token';
import { AuthController } from './auth.controller';
import { AuthGuard } from './auth.guard';
import { AuthService } from './auth.service';
import { CLERK } from './clerk';
import { Authentication } from './credentials/authentication';
import { LoginAttempts } from './login-attempts';
import { PasswordChange } from './passwords/password-change';
import { Passwords } from './passwords/passwords';
import { PolicyGuard } from './policy.guard';
import { Registration } from './registration';
import { SessionService } from './session.service';
import { SessionStrategy } from './session.strategy';
import { SessionsController } from './sessions/sessions.controller';
import { StreamTickets } from './tickets/stream-tickets';
import { TokenStrategy } from './tokens/token.strategy';
import { TokensController } from './tokens/tokens.controller';
import { TokensService } from './tokens/tokens.service';

/** Signing in, and the two guards that every request passes, in this order: who is it, may they. */
@Module({
  imports: [DatabaseModule, accountsModule, OrganizationsModule, PassportModule, JwtModule.register({})],
  controllers: [AuthController, SessionsController, TokensController],
  providers: [
    ...CLERK,
    AccessTokens,
    AuthService,
    Authentication,
    LoginAttempts,
    PasswordChange,
    Passwords,
    Registration,
    SessionService,
    SessionStrategy,
    StreamTickets,
    TokenStrategy,
    TokensService,
    { provide: APP_GUARD, useClass: AuthGuard },
    { provide: APP_GUARD, useClass: PolicyGuard },
  ],
  exports: [Authentication, StreamTickets],
})
export class AuthModule {}
