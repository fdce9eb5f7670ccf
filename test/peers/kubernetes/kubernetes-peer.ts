// A stand-in for the Kubernetes API server and the controllers behind it: Jobs are checked strictly, their pods are real processes of this machine.
import { randomBytes } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { JobProcess, type Cluster, type PodTrouble } from './job-process';
import { jobFaults, ObjectSchemas, type SentJob } from './object-faults';

/** One rule of a Role, as manifests say it. */
export interface AccessRule {
  readonly apiGroups: readonly string[];
  readonly resources: readonly string[];
  readonly resourceNames?: readonly string[];
  readonly verbs: readonly string[];
}

export interface KubernetesWorld extends Cluster {
  readonly namespace: string;
  /** What the worker's service account may do. */
  readonly rules: readonly AccessRule[];
  readonly podTemplates: Readonly<Record<string, object>>;
  readonly serviceAccounts: readonly string[];
}

interface Answer {
  readonly status: number;
  readonly body: object;
}

interface Call {
  readonly verb: string;
  readonly group: string;
  readonly resource: string;
  readonly name: string | undefined;
  readonly query: URLSearchParams;
  readonly body: string;
}

const VERBS: Readonly<Record<string, string>> = { POST: 'create', GET: 'get', DELETE: 'delete' };

export class KubernetesPeer {
  /** What was asked for, as "verb resource/name status". */
  readonly calls: string[] = [];
  readonly jobs = new Map<string, JobProcess>();
  private readonly ended: JobProcess[] = [];
  private readonly token = randomBytes(24).toString('base64url');
  private readonly schemas = new ObjectSchemas(['schemas.json']);
  private troubles: PodTrouble[] = [];
  private lost = 0;
  private readonly server = createServer((request, response) => void this.serve(request, response).catch(() => response.destroy()));

  private constructor(private readonly world: KubernetesWorld) {}

  static async start(world: KubernetesWorld): Promise<KubernetesPeer> {
    const peer = new KubernetesPeer(world);
    await new Promise<void>((resolve, reject) => peer.server.once('error', reject).listen(0, '127.0.0.1', resolve));
    return peer;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  /** Writes what a kubelet mounts for the worker's service account. */
  mountAccount(folder: string): string {
    mkdirSync(folder, { recursive: true });
    for (const [file, content] of Object.entries({ token: this.token, namespace: this.world.namespace, 'ca.crt': '' })) writeFileSync(join(folder, file), content, { mode: 0o600 });
    return folder;
  }

  /** The next pod gets no further than this. */
  trouble(trouble: PodTrouble): void {
    this.troubles.push(trouble);
  }

  /** The answer to the next creation is lost on its way; the Job is there. */
  loseAnswer(): void {
    this.lost += 1;
  }

  async stop(): Promise<void> {
    for (const job of [...this.jobs.values(), ...this.ended]) job.kill();
    this.server.closeAllConnections();
    await new Promise<void>((resolve) => this.server.close(() => resolve()));
  }

  private async serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const parts: Buffer[] = [];
    for await (const part of request) parts.push(part as Buffer);
    const { call, namespace } = readCall(request.method ?? '', request.url ?? '/', Buffer.concat(parts).toString('utf8'));
    const answer = request.headers.authorization === `Bearer ${this.token}` ? this.authorized(call, namespace, request.headers['content-type']) : refusal(401, 'Unauthorized', 'Unauthorized');
    this.calls.push(`${call.verb} ${call.resource}${call.name === undefined ? '' : `/${call.name}`} ${answer.status}`);
    if (call.verb === 'create' && answer.status === 201 && this.lost > 0) {
      this.lost -= 1;
      return void request.socket.destroy();
    }
    response.writeHead(answer.status, { 'content-type': 'application/json' }).end(JSON.stringify(answer.body));
  }

  private authorized(call: Call, namespace: string, contentType: string | undefined): Answer {
    const isAllowed = namespace === this.world.namespace && this.world.rules.some((rule) => allows(rule, call));
    if (!isAllowed) return refusal(403, 'Forbidden', `${call.resource} is forbidden: User "system:serviceaccount:${this.world.namespace}:worker" cannot ${call.verb} resource "${call.resource}" in API group "${call.group}"`);
    if (call.body !== '' && contentType !== 'application/json') return refusal(415, 'UnsupportedMediaType', `the body of the request was in an unknown format: ${String(contentType)}`);
    if (call.resource === 'podtemplates') return this.template(call.name ?? '');
    if (call.resource === 'pods') return this.pods(call.query.get('labelSelector') ?? '');
    if (call.resource === 'jobs') return this.job(call);
    return refusal(404, 'NotFound', 'the server could not find the requested resource');
  }

  private template(name: string): Answer {
    const template = this.world.podTemplates[name];
    return template ? { status: 200, body: template } : refusal(404, 'NotFound', `podtemplates "${name}" not found`);
  }

  private pods(selector: string): Answer {
    const name = /^batch\.kubernetes\.io\/job-name=(.+)$/.exec(selector)?.[1];
    const job = this.jobs.get(name ?? '');
    return { status: 200, body: { kind: 'PodList', apiVersion: 'v1', items: job ? [job.pod] : [] } };
  }

  private job(call: Call): Answer {
    if (call.verb === 'create') return this.create(call);
    const job = this.jobs.get(call.name ?? '');
    if (!job) return refusal(404, 'NotFound', `jobs.batch "${call.name ?? ''}" not found`);
    if (call.verb === 'get') return { status: 200, body: { ...job.job, status: job.status } };
    const { propagationPolicy } = JSON.parse(call.body || '{}') as { propagationPolicy?: string };
    // Without a policy the batch API leaves a Job's pods running, for its oldest clients' sake.
    if (propagationPolicy !== undefined && propagationPolicy !== 'Orphan') job.end();
    this.jobs.delete(job.name);
    this.ended.push(job);
    return { status: 200, body: { kind: 'Status', apiVersion: 'v1', status: 'Success', details: { name: job.name, group: 'batch', kind: 'jobs' } } };
  }

  private create({ body, query }: Call): Answer {
    if (query.get('fieldValidation') !== 'Strict') return refusal(400, 'BadRequest', 'this stand-in wants fieldValidation=Strict');
    const sent = JSON.parse(body) as SentJob;
    const unknown = this.schemas.faults(sent);
    if (unknown.length > 0) return refusal(400, 'BadRequest', `strict decoding error: ${unknown.join('; ')}`);
    const faults = jobFaults(sent, this.world.namespace);
    const account = sent.spec.template.spec.serviceAccountName ?? 'default';
    if (!this.world.serviceAccounts.includes(account)) faults.push(`serviceaccount "${account}" not found`);
    const name = sent.metadata.name ?? '';
    if (faults.length > 0) return refusal(422, 'Invalid', `Job.batch "${name}" is invalid: ${faults.join('; ')}`);
    if (this.jobs.has(name)) return refusal(409, 'AlreadyExists', `jobs.batch "${name}" already exists`);
    this.jobs.set(name, new JobProcess(sent, this.world, this.troubles.shift() ?? null));
    return { status: 201, body: sent };
  }
}

function readCall(method: string, address: string, body: string): { call: Call; namespace: string } {
  const url = new URL(address, 'http://kubernetes.invalid');
  const match = /^\/(?:api\/v1|apis\/([a-z.]+)\/v1)\/namespaces\/([^/]+)\/([a-z]+)(?:\/([^/]+))?$/.exec(url.pathname);
  const [, group = '', namespace = '', resource = '', word] = match ?? [];
  const name = word === undefined ? undefined : decodeURIComponent(word);
  const verb = method === 'GET' && name === undefined ? 'list' : (VERBS[method] ?? 'patch');
  return { call: { verb, group, resource, name, query: url.searchParams, body }, namespace };
}

function allows({ apiGroups, resources, resourceNames, verbs }: AccessRule, { group, resource, name, verb }: Call): boolean {
  const isNamed = resourceNames === undefined || (name !== undefined && resourceNames.includes(name));
  return apiGroups.includes(group) && resources.includes(resource) && verbs.includes(verb) && isNamed;
}

function refusal(code: number, reason: string, message: string): Answer {
  return { status: code, body: { kind: 'Status', apiVersion: 'v1', status: 'Failure', reason, message, code } };
}
