// Makes schemas.json from the installed kubernetes-types (their version is Kubernetes' own). Run by hand when that package changes, and read the difference:
//   mkdir /tmp/schemas && cp types.txt /tmp/schemas/types.ts && cp generate.mjs types.txt /tmp/schemas && cd /tmp/schemas
//   npm init -y && npm install kubernetes-types@<the version of package.json> ts-json-schema-generator@2.9.0 && node generate.mjs > <here>/schemas.json
import { readFileSync, writeFileSync } from 'node:fs';

// Not a package of ours: it is installed beside this file when the schemas are made anew.
const GENERATOR = 'ts-json-schema-generator';
const { createGenerator } = await import(GENERATOR);

const compilerOptions = { target: 'es2022', module: 'nodenext', moduleResolution: 'nodenext', strict: true, skipLibCheck: true, types: [] };
writeFileSync('tsconfig.json', JSON.stringify({ compilerOptions, files: ['types.ts'] }));
// Named "A<Kind>" there: the generator wants no two types of one name.
const kinds = [...readFileSync('types.ts', 'utf8').matchAll(/export type A(\w+)/g)].map(([, name]) => name);
const generator = createGenerator({ path: 'types.ts', tsconfig: 'tsconfig.json', skipTypeCheck: true, expose: 'all', topRef: true, jsDoc: 'none' });

const definitions = {};
const roots = {};
for (const kind of kinds) {
  const schema = generator.createSchema(`A${kind}`);
  roots[kind] = schema.$ref;
  for (const [name, definition] of Object.entries(schema.definitions)) {
    if (name in definitions && JSON.stringify(definitions[name]) !== JSON.stringify(definition)) throw new Error(`two types are called ${name}`);
    definitions[name] = definition;
  }
}
// What a server always refuses to be without, and the types leave optional.
for (const ref of Object.values(roots)) {
  const target = resolve(decodeURIComponent(ref.split('/').at(-1)));
  target.required = [...new Set([...(target.required ?? []), 'apiVersion', 'kind', 'metadata'])].sort();
}

function resolve(name) {
  const found = definitions[name];
  return found.$ref ? resolve(decodeURIComponent(found.$ref.split('/').at(-1))) : found;
}

// The types say "string" where a server takes a few words only.
const WORDS = {
  'PodSpec.restartPolicy': ['Always', 'Never', 'OnFailure'],
  'PodSpec.dnsPolicy': ['ClusterFirst', 'ClusterFirstWithHostNet', 'Default', 'None'],
  'SecurityContext.procMount': ['Default', 'Unmasked'],
  'SeccompProfile.type': ['Localhost', 'RuntimeDefault', 'Unconfined'],
  'AppArmorProfile.type': ['Localhost', 'RuntimeDefault', 'Unconfined'],
  'TopologySpreadConstraint.whenUnsatisfiable': ['DoNotSchedule', 'ScheduleAnyway'],
  'ContainerPort.protocol': ['SCTP', 'TCP', 'UDP'],
  'NetworkPolicyPort.protocol': ['SCTP', 'TCP', 'UDP'],
  'DeploymentStrategy.type': ['Recreate', 'RollingUpdate'],
  'LabelSelectorRequirement.operator': ['DoesNotExist', 'Exists', 'In', 'NotIn'],
  'Toleration.operator': ['Equal', 'Exists'],
  'Toleration.effect': ['NoExecute', 'NoSchedule', 'PreferNoSchedule'],
};
for (const [path, words] of Object.entries(WORDS)) {
  const [type, property] = path.split('.');
  if (definitions[type]?.properties?.[property]?.type !== 'string') throw new Error(`${path} is no string any more`);
  definitions[type].properties[property] = { type: 'string', enum: words };
}
definitions.Quantity = { type: 'string', pattern: '^[0-9]+([.][0-9]+)?(m|k|M|G|T|Ki|Mi|Gi|Ti)?$' };
definitions.NetworkPolicySpec.properties.policyTypes.items = { type: 'string', enum: ['Egress', 'Ingress'] };

const lines = Object.keys(definitions).sort().map((name) => `    ${JSON.stringify(name)}: ${JSON.stringify(definitions[name])}`);
process.stdout.write(`{\n  "kinds": ${JSON.stringify(roots)},\n  "definitions": {\n${lines.join(',\n')}\n  }\n}\n`);
