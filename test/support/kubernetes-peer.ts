// Kubernetes' stand-in, with the access and the template that our own manifests give it; specs may import test/support but no peer.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseAllDocuments } from 'yaml';
import { KubernetesPeer, type AccessRule, type KubernetesWorld } from '../peers/kubernetes/kubernetes-peer';

export { KubernetesPeer } from '../peers/kubernetes/kubernetes-peer';
export type { KubernetesWorld } from '../peers/kubernetes/kubernetes-peer';

const COMPONENT = join(__dirname, '../../deploy/kubernetes/components/attempt-jobs');

/** Starts it in the state that `components/attempt-jobs` leaves a cluster in. */
export function startKubernetes(cluster: Pick<KubernetesWorld, 'workdir' | 'secrets' | 'node' | 'logFile'>): Promise<KubernetesPeer> {
  const objects = ['access.yaml', 'template.yaml'].flatMap((file) => parseAllDocuments(readFileSync(join(COMPONENT, file), 'utf8')).map((document) => document.toJS() as KubernetesObject));
  const named = (kind: string): KubernetesObject[] => objects.filter((object) => object.kind === kind);
  return KubernetesPeer.start({
    ...cluster,
    namespace: 'async-coder',
    configMaps: { 'async-coder-settings': {} },
    rules: named('Role').flatMap(({ rules }) => rules ?? []),
    podTemplates: Object.fromEntries(named('PodTemplate').map((template) => [template.metadata.name, template])),
    serviceAccounts: ['default', ...named('ServiceAccount').map(({ metadata }) => metadata.name)],
  });
}

interface KubernetesObject {
  readonly kind: string;
  readonly metadata: { readonly name: string };
  readonly rules?: readonly AccessRule[];
}
