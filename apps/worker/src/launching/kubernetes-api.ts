import { AppConfig } from '@app/common';
import { Injectable } from '@nestjs/common';
import { readFile } from 'node:fs/promises';
import { request as requestHttp, type IncomingMessage, type RequestOptions } from 'node:http';
import { request as requestHttps } from 'node:https';
import { join } from 'node:path';
import type { Job, JobState, PodState, PodTemplate } from './kubernetes-objects';

const TIMEOUT_MS = 10_000;
const MOST_BYTES = 4 * 1024 ** 2;

/** What the Kubernetes API answered other than success; `status` 0: it did not answer. */
export class KubernetesError extends Error {
  constructor(
    readonly status: number,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
    this.name = 'KubernetesError';
  }
}

interface Call {
  readonly method: 'GET' | 'POST' | 'DELETE';
  readonly path: string;
  readonly body?: object;
}

/** The few calls we make, as the pod's own service account. Its token is read anew for each, because the kubelet replaces it. */
@Injectable()
export class KubernetesApi {
  constructor(private readonly config: AppConfig) {}

  /** @throws {KubernetesError} */
  async podTemplate(name: string): Promise<PodTemplate> {
    return (await this.call({ method: 'GET', path: `/api/v1/namespaces/${await this.namespace()}/podtemplates/${encodeURIComponent(name)}` })) as PodTemplate;
  }

  /** False: there is a Job of that name already. @throws {KubernetesError} */
  async createJob(job: Job): Promise<boolean> {
    try {
      await this.call({ method: 'POST', path: `${await this.jobs()}?fieldValidation=Strict`, body: job });
      return true;
    } catch (error) {
      if (error instanceof KubernetesError && error.status === 409) return false;
      throw error;
    }
  }

  /** Null: it is gone. @throws {KubernetesError} */
  async job(name: string): Promise<JobState | null> {
    return (await this.unlessMissing({ method: 'GET', path: `${await this.jobs()}/${name}` })) as JobState | null;
  }

  /** The Job's pods. @throws {KubernetesError} */
  async pods(jobName: string): Promise<readonly PodState[]> {
    const selector = encodeURIComponent(`batch.kubernetes.io/job-name=${jobName}`);
    const list = (await this.call({ method: 'GET', path: `/api/v1/namespaces/${await this.namespace()}/pods?labelSelector=${selector}` })) as { items?: PodState[] };
    return list.items ?? [];
  }

  /** Also when it is gone already. Its pod is told to end. @throws {KubernetesError} */
  async deleteJob(name: string): Promise<void> {
    await this.unlessMissing({ method: 'DELETE', path: `${await this.jobs()}/${name}`, body: { apiVersion: 'v1', kind: 'DeleteOptions', propagationPolicy: 'Background' } });
  }

  private async jobs(): Promise<string> {
    return `/apis/batch/v1/namespaces/${await this.namespace()}/jobs`;
  }

  private async unlessMissing(call: Call): Promise<unknown> {
    try {
      return await this.call(call);
    } catch (error) {
      if (error instanceof KubernetesError && error.status === 404) return null;
      throw error;
    }
  }

  private async namespace(): Promise<string> {
    return encodeURIComponent((await this.account('namespace')).trim());
  }

  private account(file: string): Promise<string> {
    const path = join(this.config.launch.KUBERNETES_ACCOUNT_DIR, file);
    return readFile(path, 'utf8').catch((error: unknown) => {
      throw new KubernetesError(0, `the service account has no ${file} at ${path}`, { cause: error });
    });
  }

  private async call({ method, path, body }: Call): Promise<unknown> {
    const url = new URL(`${this.config.launch.KUBERNETES_API_URL}${path}`);
    const sent = body === undefined ? undefined : JSON.stringify(body);
    const headers = { authorization: `Bearer ${(await this.account('token')).trim()}`, accept: 'application/json', 'user-agent': 'async-coder', ...(sent !== undefined && { 'content-type': 'application/json', 'content-length': Buffer.byteLength(sent) }) };
    const ca = url.protocol === 'https:' ? { ca: await this.account('ca.crt') } : {};
    const { status, text } = await exchange(url, { method, headers, ...ca }, sent).catch((error: unknown) => {
      throw new KubernetesError(0, `the Kubernetes API did not answer: ${(error as Error).message}`, { cause: error });
    });
    if (status < 200 || status > 299) throw new KubernetesError(status, `the Kubernetes API answered ${status} to ${method} ${url.pathname}: ${sentence(text)}`);
    return JSON.parse(text) as unknown;
  }
}

function exchange(url: URL, options: RequestOptions & { ca?: string }, body: string | undefined): Promise<{ status: number; text: string }> {
  return new Promise((resolve, reject) => {
    const send = url.protocol === 'https:' ? requestHttps : requestHttp;
    const request = send(url, { ...options, signal: AbortSignal.timeout(TIMEOUT_MS) }, (response) => {
      readAll(response).then((text) => resolve({ status: response.statusCode ?? 0, text }), reject);
    });
    request.once('error', reject);
    request.end(body);
  });
}

async function readAll(response: IncomingMessage): Promise<string> {
  const parts: Buffer[] = [];
  let bytes = 0;
  for await (const part of response as AsyncIterable<Buffer>) {
    bytes += part.length;
    if (bytes > MOST_BYTES) throw new Error('the answer is too long');
    parts.push(part);
  }
  return Buffer.concat(parts).toString('utf8');
}

/** Kubernetes says what it refuses in a Status object. */
function sentence(text: string): string {
  try {
    const { message } = JSON.parse(text) as { message?: unknown };
    if (typeof message === 'string') return message.slice(0, 1_000);
  } catch {
    // A proxy in front may answer in words of its own.
  }
  return text.slice(0, 200);
}
