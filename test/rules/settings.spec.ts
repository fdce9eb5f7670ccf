import { readFileSync, readdirSync } from 'node:fs';
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { CONFIG_GROUPS } from '@app/common';

const root = join(__dirname, '../..');

function madeBy(script: string): string {
  return spawnSync(join(root, 'node_modules/.bin/node'), [script], { cwd: root, encoding: 'utf8' }).stdout;
}

describe('docs/configuration.md', () => {
  it('is what the config classes say', () => {
    expect(readFileSync(join(root, 'docs/configuration.md'), 'utf8')).toBe(madeBy('scripts/gen-configuration.mjs'));
  });
});

describe('.env.example', () => {
  it('is what the config classes say', () => {
    expect(readFileSync(join(root, '.env.example'), 'utf8')).toBe(madeBy('scripts/gen-env.mjs'));
  });

  it('names every setting of every group', () => {
    const example = readFileSync(join(root, '.env.example'), 'utf8');
    const folder = join(root, 'libs/common/src/config');
    const declared = readdirSync(folder)
      .filter((file) => file.endsWith('.config.ts'))
      .flatMap((file) => [...readFileSync(join(folder, file), 'utf8').matchAll(/^\s+([A-Z][A-Z0-9_]{2,})[!?]?(?:: | = )/gm)].map((match) => match[1]));
    expect(declared.length).toBeGreaterThan(20);
    for (const name of declared) expect(example).toMatch(new RegExp(`^#?${name}=`, 'm'));
    const withDefaults = Object.values(CONFIG_GROUPS).flatMap((group) => Object.keys(new group()));
    for (const name of withDefaults.filter((key) => /^[A-Z]/.test(key))) expect(declared).toContain(name);
  });
});
