import type { Provider } from '@nestjs/common';
import { CLERK_STRATEGY } from '../credentials/authentication';
import { ClerkAccounts } from './clerk-accounts';
import { ClerkPeople } from './clerk-people';
import { ClerkSettings } from './clerk-settings';
import { ClerkSessionOpening, ClerkSignIn } from './clerk-sign-in';
import { ClerkTokens } from './clerk-tokens';
import { ClerkStrategy } from './clerk.strategy';

/** Signing in with Clerk. Without its keys no strategy is there, so its tokens are nobody's. */
export const CLERK: Provider[] = [
  ClerkAccounts, ClerkPeople, ClerkSessionOpening, ClerkSettings, ClerkSignIn, ClerkStrategy, ClerkTokens,
  { provide: CLERK_STRATEGY, inject: [ClerkSettings, ClerkStrategy], useFactory: (settings: ClerkSettings, strategy: ClerkStrategy) => (settings.isConfigured ? strategy : null) },
];
