import type { ErrorKind } from '@app/common';
import { REPOSITORY_WRITE_DENIED } from '@app/domain';
import { GITHUB_ERROR, GITHUB_RATE_LIMITED } from '@app/github';
import { GITHUB_NOT_CONNECTED } from '../../github-account/github-account.errors';

/** What an operation may answer with that asks for a repository level. */
export const REPOSITORY_PROBLEMS: readonly ErrorKind[] = [REPOSITORY_WRITE_DENIED, GITHUB_NOT_CONNECTED, GITHUB_ERROR, GITHUB_RATE_LIMITED];
