import type { OpenAPIObject } from '@nestjs/swagger';
import { credentialsOf } from '../../auth/policy.guard';
import type { Route } from '../routes/route-table';

type Schemes = NonNullable<NonNullable<OpenAPIObject['components']>['securitySchemes']>;
/** OpenAPI 3.1 allows role names beside any scheme: here a token's scopes. */
type Requirement = Record<string, string[]>;

export const SECURITY_SCHEMES: Schemes = {
  session: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT', description: 'Access token of a login: 15 minutes, renewed with `POST /auth/refresh`.' },
  clerk: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT', description: 'Session token of Clerk, where it is configured.' },
  token: { type: 'http', scheme: 'bearer', bearerFormat: 'ac_pat_…', description: 'Personal access token (`ac_pat_…`). It can do what its scopes name, in the organization it was made in.' },
};

/** The alternatives that open a route; none for a public one. */
export function requirementsOf({ policy }: Route): Requirement[] {
  if (policy === 'public' || policy === undefined) return [];
  return credentialsOf(policy).map((credential) => ({ [credential]: credential === 'token' && policy.scope ? [policy.scope] : [] }));
}

/** Who may call, as a sentence under the operation's description; empty for a public route. */
export function whoMay({ policy, role }: Route): string {
  if (policy === 'public' || policy === undefined) return '';
  const needs = [
    role === undefined ? null : `the role **${role}** or higher in the organization`,
    policy.platformRole === undefined ? null : `the platform role **${policy.platformRole}** or higher`,
  ].filter((need) => need !== null);
  const takesToken = credentialsOf(policy).includes('token');
  const token = takesToken ? (policy.scope ? `A personal access token needs the scope \`${policy.scope}\`.` : 'Any personal access token will do.') : 'Not with a personal access token.';
  return `${needs.length > 0 ? `Needs ${needs.join(' and ')}. ` : ''}${token}`.replace('**billing** or higher', '**billing** or admin');
}

/** The same for programs. */
export function policyExtension({ policy, role }: Route): { role: string; platformRole: string; scope: string | null } | null {
  if (policy === 'public' || policy === undefined) return null;
  return { role: role ?? 'viewer', platformRole: policy.platformRole ?? 'user', scope: policy.scope ?? null };
}
