// Makes request-schemas.json from the parameter types of the installed `stripe`. Run by hand when that package changes, and read the difference:
//   mkdir /tmp/schemas && cp types.txt /tmp/schemas/types.ts && cp generate.mjs /tmp/schemas && cd /tmp/schemas
//   npm init -y && npm install stripe@<the version of package.json> ts-json-schema-generator@2.9.0 && node generate.mjs > <here>/request-schemas.json
import { readFileSync, writeFileSync } from 'node:fs';

// Not a package of ours: it is installed beside this file when the schemas are made anew.
const GENERATOR = 'ts-json-schema-generator';
const { createGenerator } = await import(GENERATOR);

const compilerOptions = { target: 'es2022', module: 'nodenext', moduleResolution: 'nodenext', strict: true, skipLibCheck: true, types: [] };
writeFileSync('tsconfig.json', JSON.stringify({ compilerOptions, files: ['types.ts'] }));
const names = [...readFileSync('types.ts', 'utf8').matchAll(/export type (\w+)/g)].map(([, name]) => name);
const generator = createGenerator({ path: 'types.ts', tsconfig: 'tsconfig.json', skipTypeCheck: true, expose: 'none', topRef: false, jsDoc: 'none' });

/** Stripe's enums are open (`| OtherString`), which would let any misspelling pass; its decimals travel as text. */
function closed(node) {
  if (Array.isArray(node)) return node.map(closed);
  if (typeof node !== 'object' || node === null) return node;
  if (Object.keys(node.properties ?? {}).some((key) => key.startsWith('__@'))) return { type: 'string' };
  const { anyOf, ...rest } = Object.fromEntries(Object.entries(node).map(([key, value]) => [key, closed(value)]));
  if (!anyOf) return rest;
  const hasEnum = anyOf.some((branch) => branch.enum || typeof branch.const === 'string');
  const left = hasEnum ? anyOf.filter((branch) => !(branch.type === 'string' && Object.keys(branch).length === 1)) : anyOf;
  return left.length === 1 ? { ...rest, ...left[0] } : { ...rest, anyOf: left };
}

const lines = names.map((name) => {
  const { $schema: _, definitions, ...schema } = closed(generator.createSchema(name));
  if (Object.keys(definitions ?? {}).length > 0) throw new Error(`${name} is not flat`);
  return `  ${JSON.stringify(name)}: ${JSON.stringify(schema)}`;
});
process.stdout.write(`{\n${lines.join(',\n')}\n}\n`);
