import { BillingModule } from '@app/billing';
import { Module } from '@nestjs/common';
import { APP_GUARD } from '@nestjs/core';
import { JwtModule } from '@nestjs/jwt';
import { PassportModule } from '@nestjs/passport';
import { DatabaseModule } from '../database.module';
import { AccessTokens } from './access-token';
import { AuthController } from './auth.controller';
import { AuthGuard } from './auth.guard';
import { AuthService } from './auth.service';
import { JwtStrategy } from './jwt.strategy';
import { LoginAttempts } from './login-attempts';
import { PolicyGuard } from './policy.guard';
import { Registration } from './registration';
import { SessionService } from './session.service';

/** Signing in, and the two guards that every request passes, in this order: who is it, may they. */
@Module({
  imports: [DatabaseModule, BillingModule, PassportModule, JwtModule.register({})],
  controllers: [AuthController],
  providers: [
    AccessTokens,
    AuthService,
    JwtStrategy,
    LoginAttempts,
    Registration,
    SessionService,
    { provide: APP_GUARD, useClass: AuthGuard },
    { provide: APP_GUARD, useClass: PolicyGuard },
  ],
})
export class AuthModule {}
