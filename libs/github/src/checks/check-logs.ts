import { Injectable } from '@nestjs/common';
import { GithubApp } from '../github-app';
import type { GithubRepoAccess } from '../github-pull-request';
import { statusOf } from '../github.errors';
import { idInPath, repositoryCall } from '../reviews/repository-call';
import type { CheckFacts } from './check-facts';

/** Logs beyond this are not read to their end. */
const MOST_BYTES = 32 * 1024 * 1024;
/** The App may not read it, or it is no longer kept. */
const UNREADABLE: readonly (number | undefined)[] = [401, 403, 404, 410];

/** What failed checks say: the end of a job's log, else what the check itself wrote. */
@Injectable()
export class GithubCheckLogs {
  constructor(private readonly app: GithubApp) {}

  /** The last characters of what a check said; null: nothing that may be read. */
  async tail(access: GithubRepoAccess, check: Pick<CheckFacts, 'kind' | 'id'>, characters: number): Promise<string | null> {
    if (check.kind !== 'check_run') return null;
    return (await this.jobLog(access, check.id, characters)) ?? (await this.output(access, check.id, characters));
  }

  /** GitHub Actions gives a job and its check run the same id; other Apps have no jobs. */
  private jobLog(access: GithubRepoAccess, id: string, characters: number): Promise<string | null> {
    return repositoryCall(this.app, access, "read a job's log", async (octokit, at) => {
      try {
        const { data } = await octokit.request('GET /repos/{owner}/{repo}/actions/jobs/{job_id}/logs', { ...at, job_id: idInPath(id), request: { parseSuccessResponseBody: false } });
        return await tailOf(data, characters);
      } catch (error) {
        if (UNREADABLE.includes(statusOf(error))) return null;
        throw error;
      }
    });
  }

  private output(access: GithubRepoAccess, id: string, characters: number): Promise<string | null> {
    return repositoryCall(this.app, access, 'read a check run', async (octokit, at) => {
      try {
        const { data } = await octokit.request('GET /repos/{owner}/{repo}/check-runs/{check_run_id}', { ...at, check_run_id: idInPath(id) });
        const { title, summary, text } = data.output;
        return [title, summary, text].filter(Boolean).join('\n\n').slice(-characters) || null;
      } catch (error) {
        if (UNREADABLE.includes(statusOf(error))) return null;
        throw error;
      }
    });
  }
}

/** The end of a stream of text, whatever its length, in the memory of that end. */
async function tailOf(body: unknown, characters: number): Promise<string | null> {
  if (typeof body === 'string') return body.slice(-characters) || null;
  if (!(body instanceof ReadableStream)) return null;
  const decoder = new TextDecoder();
  let [text, bytes] = ['', 0];
  for await (const chunk of body as ReadableStream<Uint8Array>) {
    bytes += chunk.byteLength;
    text = (text + decoder.decode(chunk, { stream: true })).slice(-characters);
    if (bytes > MOST_BYTES) break;
  }
  return text || null;
}
