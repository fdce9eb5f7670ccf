import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { getMetadataStorage } from 'class-validator';
import { CONFIG_GROUPS } from '@app/common';
import { parseAllDocuments } from 'yaml';
import { ObjectSchemas } from '../peers/kubernetes/object-faults';

interface Probe {
  readonly httpGet?: { readonly path: string; readonly port: string | number };
}
interface Container {
  readonly name: string;
  readonly image: string;
  readonly command?: readonly string[];
  readonly args?: readonly string[];
  readonly env?: readonly { readonly name: string; readonly value?: string }[];
  readonly ports?: readonly { readonly name: string; readonly containerPort: number }[];
  readonly securityContext?: { readonly allowPrivilegeEscalation?: boolean; readonly readOnlyRootFilesystem?: boolean; readonly privileged?: boolean; readonly capabilities?: { readonly drop?: readonly string[]; readonly add?: readonly string[] } };
  readonly resources?: { readonly requests?: object; readonly limits?: { readonly memory?: string } };
  readonly startupProbe?: Probe;
  readonly livenessProbe?: Probe;
  readonly readinessProbe?: Probe;
  readonly lifecycle?: { readonly preStop?: { readonly sleep?: { readonly seconds: number } } };
}
interface PodSpec {
  readonly serviceAccountName?: string;
  readonly automountServiceAccountToken?: boolean;
  readonly terminationGracePeriodSeconds?: number;
  readonly runtimeClassName?: string;
  readonly hostNetwork?: boolean;
  readonly hostPID?: boolean;
  readonly securityContext?: { readonly runAsNonRoot?: boolean; readonly runAsUser?: number; readonly seccompProfile?: { readonly type: string } };
  readonly containers: readonly Container[];
  readonly initContainers?: readonly Container[];
  readonly volumes?: readonly Readonly<Record<string, unknown>>[];
}
interface Manifest {
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace?: string };
  readonly spec?: { readonly replicas?: number; readonly selector?: { readonly matchLabels?: Readonly<Record<string, string>> } & Readonly<Record<string, unknown>>; readonly template?: PodHolder } & Readonly<Record<string, unknown>>;
  readonly template?: PodHolder;
  readonly data?: Readonly<Record<string, string>>;
}
interface PodHolder {
  readonly metadata?: { readonly labels?: Readonly<Record<string, string>> };
  readonly spec: PodSpec;
}

const ROOT = join(__dirname, '../..');
const FOLDER = join(ROOT, 'deploy/kubernetes');
const schemas = new ObjectSchemas();
const files = readdirSync(FOLDER, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.yaml') && !file.endsWith('kustomization.yaml'));
const objectsIn = (text: string): Manifest[] => parseAllDocuments(text).map((document) => document.toJS() as Manifest);
const written = files.flatMap((file) => objectsIn(readFileSync(join(FOLDER, file), 'utf8')).map((object) => ({ file, object })));
const podOf = ({ spec, template }: Manifest): PodHolder | undefined => template ?? spec?.template;
const pods = written.flatMap(({ file, object }) => (podOf(object) ? [{ name: `${file} ${object.metadata.name}`, object, pod: podOf(object)!.spec }] : []));
const ours = pods.filter(({ pod }) => [...pod.containers, ...(pod.initContainers ?? [])].some(({ image }) => image.startsWith('async-coder/')));
const find = (kind: string, name: string): Manifest => written.find(({ object }) => object.kind === kind && object.metadata.name === name)!.object;
const source = (path: string): string => readFileSync(join(ROOT, path), 'utf8');

describe('manifests', () => {
  it.each(written.map(({ file, object }) => [`${file}: ${object.kind} ${object.metadata.name}`, object] as const))('%s is valid, field by field', (_, object) => {
    expect(schemas.faults(object)).toEqual([]);
  });

  it('are held to schemas that refuse a misspelling, a wrong type and an old version', () => {
    const api = JSON.stringify(find('Deployment', 'api'));
    expect(schemas.faults(JSON.parse(api.replace('readinessProbe', 'readinessProb'))).join()).toContain('readinessProb');
    expect(schemas.faults(JSON.parse(api.replace('"replicas":2', '"replicas":"two"'))).join()).toContain('/spec/replicas');
    expect(schemas.faults(JSON.parse(JSON.stringify(find('PodDisruptionBudget', 'api')).replace('policy/v1', 'policy/v1beta1'))).join()).toContain('/apiVersion');
    expect(schemas.faults(JSON.parse(JSON.stringify(find('ScaledObject', 'worker')).replace('"query"', '"sql"'))).join()).toContain('sql');
    expect(schemas.faults(JSON.parse(JSON.stringify(find('ServiceMonitor', 'api')).replace('endpoints', 'endpoint'))).join()).toContain('endpoint');
    expect(schemas.faults({ kind: 'Pod' })).toEqual(['no schema for the kind Pod']);
  });

  it('hold no secret', () => {
    expect(written.filter(({ object }) => object.kind === 'Secret')).toEqual([]);
    const secret = new Set(Object.values(CONFIG_GROUPS).flatMap((group) => [...source(`libs/common/src/config/${fileOf(group.name)}.config.ts`).matchAll(/@AsSecret\(\)[^;]*?\n\s+([A-Z][A-Z0-9_]+)[!?]/g)].map((match) => match[1]!)));
    expect(secret.size).toBeGreaterThan(8);
    const settings = find('ConfigMap', 'async-coder-settings').data ?? {};
    const named = [...Object.keys(settings), ...pods.flatMap(({ pod }) => pod.containers).flatMap(({ env = [] }) => env.filter(({ value }) => value !== undefined).map(({ name }) => name))];
    expect(named.filter((name) => secret.has(name) || name === 'DATABASE_URL' || name === 'REDIS_URL')).toEqual([]);
  });

  it('name only settings that there are', () => {
    const known = new Set(Object.values(CONFIG_GROUPS).flatMap((group) => getMetadataStorage().getTargetValidationMetadatas(group, '', false, false).map(({ propertyName }) => propertyName)));
    const patched = readdirSync(FOLDER, { recursive: true, encoding: 'utf8' })
      .filter((file) => file.endsWith('kustomization.yaml'))
      .flatMap((file) => [...source(join('deploy/kubernetes', file)).matchAll(/path: \/data\/([A-Z_]+)|value: \{ name: ([A-Z_]+),/g)].map((match) => match[1] ?? match[2]!));
    const used = [...Object.keys(find('ConfigMap', 'async-coder-settings').data ?? {}), ...patched, ...ours.flatMap(({ pod }) => pod.containers).flatMap(({ env = [] }) => env.map(({ name }) => name))];
    expect(patched.length).toBeGreaterThan(3);
    expect(used.filter((name) => !known.has(name))).toEqual([]);
  });

  it.each(ours.map(({ name, pod }) => [name, pod] as const))('%s runs without privileges', (_, pod) => {
    expect(pod).toMatchObject({ automountServiceAccountToken: false, enableServiceLinks: false, securityContext: { runAsNonRoot: true, runAsUser: 1000, seccompProfile: {} } });
    expect([pod.hostNetwork, pod.hostPID]).toEqual([undefined, undefined]);
    expect(pod.serviceAccountName).toMatch(/^(api|worker|migrate|attempt)$/);
    for (const container of [...pod.containers, ...(pod.initContainers ?? [])]) {
      expect(container.securityContext).toMatchObject({ allowPrivilegeEscalation: false, readOnlyRootFilesystem: true, capabilities: { drop: ['ALL'] } });
      expect([container.securityContext?.privileged, container.securityContext?.capabilities?.add]).toEqual([undefined, undefined]);
      expect(container.resources).toMatchObject({ requests: { cpu: expect.anything() as unknown, memory: expect.anything() as unknown }, limits: { memory: expect.anything() as unknown } });
    }
    expect(pod.volumes?.filter((volume) => 'hostPath' in volume) ?? []).toEqual([]);
  });

  it('start programs that the build makes', () => {
    const words = ours.flatMap(({ pod }) => [...pod.containers, ...(pod.initContainers ?? [])]).flatMap(({ command = [], args = [] }) => [...command, ...args]);
    const programs = words.filter((word) => word.startsWith('dist/'));
    expect(programs.length).toBeGreaterThanOrEqual(3);
    for (const program of programs) expect(source(program.replace(/^dist\/(.+)\.js$/, '$1.ts'))).toMatch(/\b(main|command)\(/);
  });

  it.each(['api', 'worker'])('%s: probes that its process answers, and time to end', (name) => {
    const pod = find('Deployment', name).spec!.template!.spec;
    const [container] = pod.containers;
    const routes = source(name === 'api' ? 'apps/api/src/health/health.controller.ts' : 'apps/worker/src/health/health.server.ts');
    const ports = new Map(container!.ports!.map((port) => [port.name, port.containerPort]));
    for (const [kind, path] of [['startupProbe', '/health/startup'], ['livenessProbe', '/health/live'], ['readinessProbe', '/health/ready']] as const) {
      const probe = container![kind]!.httpGet!;
      expect(probe.path).toBe(path);
      expect(routes).toContain(path.slice(1));
      expect(ports.get(String(probe.port))).toBe(Number(container!.env!.find((variable) => variable.name === `${name.toUpperCase()}_PORT`)!.value));
    }
    const main = source(`apps/${name}/src/main.ts`);
    const closeMs = Number(/const CLOSE_MS = ([\d_]+)/.exec(main)![1]!.replaceAll('_', ''));
    const workMs = Number(container!.env!.find((variable) => variable.name === (name === 'api' ? 'DRAIN_MS' : 'HANDOVER_MS'))!.value);
    const preStop = container!.lifecycle!.preStop!.sleep!.seconds;
    expect(preStop).toBe(5);
    expect(pod.terminationGracePeriodSeconds! * 1_000).toBeGreaterThan(preStop * 1_000 + workMs + closeMs);
  });

  it('select pods that there are', () => {
    const labels = new Set(pods.map(({ object }) => podOf(object)?.metadata?.labels?.['app.kubernetes.io/name']));
    for (const { object } of written.filter(({ object: { kind } }) => ['Service', 'PodDisruptionBudget', 'NetworkPolicy', 'ServiceMonitor', 'Deployment', 'StatefulSet'].includes(kind))) {
      const names = [...JSON.stringify(object.spec).matchAll(/"app\.kubernetes\.io\/name":"([a-z]+)"/g)].map((match) => match[1]);
      for (const name of names) expect(labels).toContain(name);
    }
    for (const name of ['api', 'worker']) {
      expect(written.filter(({ object }) => object.kind === 'PodDisruptionBudget' && object.metadata.name === name)).toHaveLength(1);
      const monitor = find('ServiceMonitor', name).spec as unknown as { endpoints: { port: string }[] };
      const service = find('Service', name).spec as unknown as { ports: { name: string; targetPort: string }[] };
      const target = service.ports.find((port) => port.name === monitor.endpoints[0]!.port)!.targetPort;
      expect(find('Deployment', name).spec!.template!.spec.containers[0]!.ports!.map((port) => port.name)).toContain(target);
    }
  });
});

const hasKubectl = spawnSync('kubectl', ['version', '--client'], { stdio: 'ignore' }).status === 0;
if (!hasKubectl) process.stdout.write('SKIPPED: overlays are not rendered, as there is no kubectl\n');
const overlays = readdirSync(join(FOLDER, 'overlays'));

(hasKubectl ? describe : describe.skip)('rendered overlays', () => {
  const rendered = new Map<string, Manifest[]>();
  beforeAll(() => {
    for (const overlay of overlays) {
      const made = spawnSync('kubectl', ['kustomize', join(FOLDER, 'overlays', overlay)], { encoding: 'utf8' });
      if (made.status !== 0) throw new Error(made.stderr);
      rendered.set(overlay, objectsIn(made.stdout));
    }
  });

  it.each(overlays)('%s: every object is valid, in one namespace, and unlike the others', (overlay) => {
    const objects = rendered.get(overlay)!;
    expect(objects.flatMap((object) => schemas.faults(object).map((fault) => `${object.kind} ${object.metadata.name}: ${fault}`))).toEqual([]);
    const names = objects.map(({ kind, metadata }) => `${kind} ${metadata.name}`);
    expect(new Set(names).size).toBe(names.length);
    expect(objects.filter(({ kind, metadata }) => !['Namespace', 'RuntimeClass'].includes(kind) && metadata.namespace !== 'async-coder')).toEqual([]);
    expect(names).toEqual(expect.arrayContaining(['Deployment api', 'Deployment worker', 'Job migrate', 'NetworkPolicy deny-all', 'PodDisruptionBudget api', 'PodDisruptionBudget worker']));
  });

  it.each(overlays)('%s: every image has a version', (overlay) => {
    const images = rendered.get(overlay)!.flatMap((object) => podOf(object)?.spec.containers ?? []).map(({ image }) => image);
    expect(images.length).toBeGreaterThan(2);
    for (const image of images) expect(image).toMatch(/:[0-9][\w.]*$/);
  });

  it('production leaves the counting to the autoscalers and the worker to gVisor', () => {
    const find = (overlay: string, kind: string, name: string): Manifest | undefined => rendered.get(overlay)!.find((object) => object.kind === kind && object.metadata.name === name);
    for (const name of ['api', 'worker']) expect(find('production', 'Deployment', name)!.spec!.replicas).toBeUndefined();
    expect(find('production', 'HorizontalPodAutoscaler', 'api')).toBeDefined();
    expect(find('production', 'ScaledObject', 'worker')).toBeDefined();
    for (const pod of [find('production', 'Deployment', 'worker')!.spec!.template!.spec, find('production-jobs', 'PodTemplate', 'attempt')!.template!.spec]) {
      expect(pod).toMatchObject({ runtimeClassName: 'gvisor', securityContext: { seccompProfile: { type: 'RuntimeDefault' } } });
      expect(JSON.stringify(pod)).not.toMatch(/hostUsers|procMount|Unconfined/);
    }
    expect(find('production-jobs', 'Deployment', 'worker')!.spec!.template!.spec).toMatchObject({ automountServiceAccountToken: true });
    expect(find('single-node', 'Deployment', 'worker')!.spec!.template!.spec).toMatchObject({ hostUsers: false, containers: [{ securityContext: { procMount: 'Unmasked' } }] });
    const concurrency = find('single-node', 'Deployment', 'worker')!.spec!.template!.spec.containers[0]!.env!.find(({ name }) => name === 'WORKER_CONCURRENCY');
    expect(concurrency?.value).toBe('2');
  });
});

/** CoreConfig is in core.config.ts. */
function fileOf(className: string): string {
  return className.replace(/Config$/, '').toLowerCase();
}
