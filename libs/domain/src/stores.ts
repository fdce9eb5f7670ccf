import type { Type } from '@nestjs/common';
import { GitRepoStore } from './git-repos/git-repo.store';
import { GithubInstallationStore } from './git-repos/github-installation.store';
import { DatabaseHealthStore } from './health/database-health.store';
import { AiModelPriceStore } from './models/ai-model-price.store';
import { AiModelStore } from './models/ai-model.store';
import { OrganizationStore } from './organizations/organization.store';
import { SessionStore } from './sessions/session.store';
import { UserStore } from './users/user.store';

/** Every store of this lib; `DomainModule` provides and exports them. A new store is added here. */
export const STORES: Type<unknown>[] = [
  AiModelPriceStore,
  AiModelStore,
  DatabaseHealthStore,
  GitRepoStore,
  GithubInstallationStore,
  OrganizationStore,
  SessionStore,
  UserStore,
];
