// What a Kubernetes API server refuses of the objects it is sent: by the committed schemas, and by the rules that no schema holds.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv, type ValidateFunction } from 'ajv';

export interface SentJob {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name?: string; readonly namespace?: string; readonly labels?: Readonly<Record<string, string>> };
  readonly spec: {
    readonly activeDeadlineSeconds?: number;
    readonly template: { readonly metadata?: { readonly labels?: Readonly<Record<string, string>> }; readonly spec: SentPod };
  };
}

export interface SentPod {
  readonly restartPolicy?: string;
  readonly serviceAccountName?: string;
  readonly terminationGracePeriodSeconds?: number;
  readonly containers: readonly SentContainer[];
  readonly volumes?: readonly { readonly name: string }[];
}

export interface SentContainer {
  readonly name: string;
  readonly image?: string;
  readonly command?: readonly string[];
  readonly args?: readonly string[];
  readonly env?: readonly { readonly name: string; readonly value?: string }[];
  readonly envFrom?: readonly { readonly configMapRef?: { readonly name: string }; readonly secretRef?: { readonly name: string } }[];
  readonly volumeMounts?: readonly { readonly name: string; readonly mountPath: string }[];
}

interface Schemas {
  readonly kinds: Readonly<Record<string, string>>;
  readonly definitions: Readonly<Record<string, object>>;
}

const CONTRACTS = join(__dirname, '../../contracts/kubernetes');
const NAME = /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/;
const LABEL_KEY = /^([a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?\/)?[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$/;
const LABEL_VALUE = /^([A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?)?$/;

/** Checks objects against the committed schemas; `custom` adds those of KEDA and the Prometheus operator. */
export class ObjectSchemas {
  private readonly validators = new Map<string, ValidateFunction>();

  constructor(files: readonly string[] = ['schemas.json', 'custom.json']) {
    for (const file of files) {
      const { kinds, definitions } = JSON.parse(readFileSync(join(CONTRACTS, file), 'utf8')) as Schemas;
      const ajv = new Ajv({ allErrors: true, strict: false });
      ajv.addSchema({ $id: file, definitions });
      for (const [kind, ref] of Object.entries(kinds)) this.validators.set(kind, ajv.compile({ $ref: `${file}${ref}` }));
    }
  }

  faults(object: unknown): string[] {
    const kind = (object as { kind?: unknown } | null)?.kind;
    const validate = this.validators.get(String(kind));
    if (!validate) return [`no schema for the kind ${String(kind)}`];
    if (validate(object)) return [];
    return (validate.errors ?? []).map(({ instancePath, message, params }) => `${instancePath || '/'} ${message ?? ''} ${JSON.stringify(params)}`);
  }
}

/** What the server checks of a Job once its fields are right. */
export function jobFaults(job: SentJob, namespace: string): string[] {
  const { metadata, spec } = job;
  const pod = spec.template.spec;
  const names = pod.containers.map(({ name }) => name);
  const { name = '' } = metadata;
  return [
    ...(NAME.test(name) ? [] : [`metadata.name: Invalid value: "${name}"`]),
    ...((metadata.namespace ?? namespace) === namespace ? [] : ['metadata.namespace does not match the request']),
    ...[...labelFaults(metadata.labels), ...labelFaults(spec.template.metadata?.labels)],
    ...(pod.restartPolicy === 'Never' || pod.restartPolicy === 'OnFailure' ? [] : ['spec.template.spec.restartPolicy: Required value: valid values: "OnFailure", "Never"']),
    ...(spec.activeDeadlineSeconds === undefined || spec.activeDeadlineSeconds > 0 ? [] : ['spec.activeDeadlineSeconds: must be greater than 0']),
    ...(new Set(names).size === names.length && names.length > 0 ? [] : ['spec.template.spec.containers: names must be there and differ']),
    ...pod.containers.flatMap((container) => containerFaults(container, pod)),
  ];
}

function labelFaults(labels: Readonly<Record<string, string>> = {}): string[] {
  return Object.entries(labels).flatMap(([key, value]) => (LABEL_KEY.test(key) && LABEL_VALUE.test(value) ? [] : [`labels: Invalid value: ${key}=${value}`]));
}

function containerFaults({ name, image, env = [], volumeMounts = [] }: SentContainer, { volumes = [] }: SentPod): string[] {
  const known = new Set(volumes.map((volume) => volume.name));
  return [
    ...(image === undefined || image === '' ? [`containers[${name}].image: Required value`] : []),
    ...(new Set(env.map((variable) => variable.name)).size === env.length ? [] : [`containers[${name}].env: a name is there twice`]),
    ...volumeMounts.filter((mount) => !known.has(mount.name)).map((mount) => `containers[${name}].volumeMounts: Not found: "${mount.name}"`),
  ];
}
