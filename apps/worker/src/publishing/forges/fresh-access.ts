import { AppError } from '@app/common';
import type { OpenForge } from './forge';

/** What a token that died in the middle looks like. */
const REFUSED: readonly string[] = ['integration_not_connected', 'git_auth_failed', 'git_repository_not_found'];

/** Does the work, and once more with new access when ours was refused: a token may expire or be revoked at any moment. */
export async function withFreshAccess<T>(forge: Pick<OpenForge, 'renew'>, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof AppError) || !REFUSED.includes(error.code) || !(await forge.renew())) throw error;
    return work();
  }
}
