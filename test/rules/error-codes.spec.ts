import { readFileSync } from 'node:fs';
import { globSync } from 'node:fs';
import { join } from 'node:path';

const root = join(__dirname, '../..');
const sources = globSync('{apps,libs}/**/src/**/*.ts', { cwd: root }).filter((path) => !/spec\.ts$|testing\//.test(path));

describe('error codes', () => {
  const declared = sources.flatMap((path) => [...readFileSync(join(root, path), 'utf8').matchAll(/declareError\(\s*'([^']+)'/g)].map((match) => ({ path, code: match[1] })));

  it('are declared once, in an errors file', () => {
    expect(declared.length).toBeGreaterThan(10);
    const codes = declared.map(({ code }) => code);
    expect(codes.filter((code, at) => codes.indexOf(code) !== at)).toEqual([]);
    expect(declared.filter(({ path }) => !path.endsWith('.errors.ts'))).toEqual([]);
  });
});
