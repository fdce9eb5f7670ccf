import { readFileSync, readdirSync } from 'node:fs';
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { CONFIG_GROUPS } from '@app/common';

const root = join(__dirname, '../..');

describe('.env.example', () => {
  it('is what the config classes say', () => {
    const made = spawnSync(join(root, 'node_modules/.bin/node'), ['scripts/gen-env.mjs'], { cwd: root, encoding: 'utf8' });
    expect(readFileSync(join(root, '.env.example'), 'utf8')).toBe(made.stdout);
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
