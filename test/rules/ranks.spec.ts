import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { spawnSync } from 'node:child_process';

const root = join(__dirname, '../..');
const bin = (name: string): string => join(root, 'node_modules/.bin', name);

/** Each rule with a file that breaks it: a rule that was never seen to fail is no rule. */
const PLANTED: { rule: string; file: string; code: string }[] = [
  { rule: 'rank-common', file: 'libs/common/src/planted.ts', code: "import { TASK_MODES } from '@app/domain';\nexport const x = TASK_MODES;" },
  { rule: 'rank-domain', file: 'libs/domain/src/planted.ts', code: "import { ModelError } from '@app/providers';\nexport const x = ModelError;" },
  { rule: 'rank-agent', file: 'libs/agent/src/planted.ts', code: "import { TASK_MODES } from '@app/domain';\nexport const x = TASK_MODES;" },
  { rule: 'rank-billing', file: 'libs/billing/src/planted.ts', code: "import { AgentEngine } from '@app/agent';\nexport const x = AgentEngine;" },
  { rule: 'apps-apart', file: 'apps/api/src/planted.ts', code: "import { y } from '../../worker/src/planted-target';\nexport const x = y;" },
  { rule: 'front-door', file: 'apps/worker/src/planted.ts', code: "import { newId } from '../../../libs/common/src/ids';\nexport const x = newId;" },
  { rule: 'no-barrel-inside', file: 'libs/agent/src/planted.ts', code: "import { AgentEngine } from './index';\nexport const x = AgentEngine;" },
  { rule: 'testing-stays-in-tests', file: 'apps/worker/src/planted.ts', code: "import { FakeClock } from '@app/common/testing';\nexport const x = FakeClock;" },
  { rule: 'peers-stand-alone', file: 'test/peers/planted.ts', code: "import { newId } from '@app/common';\nexport const x = newId;" },
  { rule: 'e2e-over-http', file: 'test/e2e/planted.ts', code: "import { newId } from '@app/common';\nexport const x = newId;" },
  { rule: 'agent-is-pure', file: 'libs/agent/src/planted.ts', code: "import { readFileSync } from 'node:fs';\nexport const x = readFileSync;" },
  { rule: 'processes-in-one-place', file: 'apps/worker/src/planted.ts', code: "import { spawn } from 'node:child_process';\nexport const x = spawn;" },
  { rule: 'home-of-stripe', file: 'apps/api/src/planted.ts', code: "import Stripe from 'stripe';\nexport const x = Stripe;" },
  { rule: 'home-of-anthropic-ai-sdk', file: 'libs/agent/src/planted.ts', code: "import Anthropic from '@anthropic-ai/sdk';\nexport const x = Anthropic;" },
  { rule: 'no-dev-packages', file: 'libs/common/src/planted.ts', code: "import { assert } from 'fast-check';\nexport const x = assert;" },
];

/** A scratch copy of what the structure check reads, with the planted file in it. */
function withPlanted<T>(files: Record<string, string>, work: (folder: string) => T): T {
  const folder = mkdtempSync(join(tmpdir(), 'async-coder-rules-'));
  try {
    for (const name of ['tsconfig.json', '.dependency-cruiser.cjs', 'package.json', 'eslint.config.mjs']) cpSync(join(root, name), join(folder, name));
    symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'));
    for (const lib of ['common', 'domain', 'providers', 'agent']) cpSync(join(root, 'libs', lib), join(folder, 'libs', lib), { recursive: true });
    for (const [path, code] of Object.entries(files)) {
      mkdirSync(dirname(join(folder, path)), { recursive: true });
      writeFileSync(join(folder, path), `${code}\n`);
    }
    return work(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function cruise(folder: string): string[] {
  const result = spawnSync(bin('node'), [bin('depcruise'), '--config', '.dependency-cruiser.cjs', '--output-type', 'json', 'apps', 'libs', 'test'], { cwd: folder, encoding: 'utf8', maxBuffer: 1 << 28 });
  const report = JSON.parse(result.stdout) as { summary: { violations: { from: string; rule: { name: string } }[] } };
  return report.summary.violations.filter((violation) => violation.from.includes('planted')).map((violation) => `${violation.rule.name} ${violation.from}`);
}

describe('structure rules', () => {
  it('each fires on a planted violation', () => {
    const byFile = new Map<string, string[]>();
    for (const { file, code } of PLANTED) byFile.set(file, [...(byFile.get(file) ?? []), code]);
    const files = Object.fromEntries([...byFile].map(([file, codes]) => [file, codes.map((code, n) => code.replaceAll(' x ', ` x${n} `)).join('\n')]));
    files['apps/worker/src/planted-target.ts'] = 'export const y = 1;';
    files['libs/stray/src/planted.ts'] = "import { newId } from '@app/common';\nexport const x = newId;";
    files['libs/common/src/planted-circle-a.ts'] = "import { b } from './planted-circle-b';\nexport const a = (): unknown => b;";
    files['libs/common/src/planted-circle-b.ts'] = "import { a } from './planted-circle-a';\nexport const b = (): unknown => a;";
    const fired = withPlanted(files, cruise);
    for (const { rule, file } of PLANTED) expect(fired).toContain(`${rule} ${file}`);
    expect(fired).toContain('every-lib-has-a-rank libs/stray/src/planted.ts');
    expect(fired.join('\n')).toContain('no-circular libs/common/src/planted-circle-a.ts');
  }, 120_000);
});

describe('lint rules', () => {
  const BROKEN: { rule: string; file: string; code: string }[] = [
    { rule: '@typescript-eslint/no-explicit-any', file: 'any', code: 'export const x = (value: any): string => String(value);' },
    { rule: 'no-restricted-properties', file: 'env', code: 'export const x = process.env.HOME;' },
    { rule: 'no-restricted-syntax', file: 'forward-ref', code: "import { forwardRef } from '@nestjs/common';\nexport const x = forwardRef(() => String);" },
    { rule: 'no-restricted-syntax', file: 'enum', code: 'export enum Colour {\n  Red,\n}' },
    { rule: 'no-restricted-syntax', file: 'default', code: 'export default 1;' },
    { rule: 'no-restricted-syntax', file: 'parameters', code: 'export const x = (a: number, b: number, c: number, d: number, e: number): number => a + b + c + d + e;' },
    { rule: 'max-lines', file: 'long-file', code: Array.from({ length: 301 }, (_, n) => `export const x${n} = ${n};`).join('\n') },
    { rule: 'max-lines-per-function', file: 'long-function', code: `export function x(): number {\n${Array.from({ length: 61 }, (_, n) => `  globalThis.x${n} = ${n};`).join('\n')}\n  return 1;\n}` },
    { rule: 'max-depth', file: 'deep', code: 'export function x(n: number): void {\n  if (n > 0) {\n    while (n > 1) {\n      for (;;) {\n        if (n > 3) return;\n      }\n    }\n  }\n}' },
    { rule: 'complexity', file: 'complex', code: `export function x(n: number): number {\n${Array.from({ length: 12 }, (_, i) => `  if (n === ${i}) return ${i};`).join('\n')}\n  return -1;\n}` },
    { rule: 'no-console', file: 'console', code: "console.log('hello');" },
  ];

  it('each fires on a planted violation', () => {
    const files = Object.fromEntries(BROKEN.map(({ file, code }) => [`libs/common/src/planted-${file}.ts`, code]));
    const messages = withPlanted(files, (folder) => {
      const result = spawnSync(bin('node'), [bin('eslint'), '--format', 'json', 'libs/common/src/planted-*.ts'], { cwd: folder, encoding: 'utf8', maxBuffer: 1 << 26 });
      return JSON.parse(result.stdout) as { filePath: string; messages: { ruleId: string }[] }[];
    });
    const fired = messages.flatMap((file) => file.messages.map((message) => `${message.ruleId} ${file.filePath.replace(/.*planted-/, '')}`));
    for (const { rule, file } of BROKEN) expect(fired).toContain(`${rule} ${file}.ts`);
  }, 120_000);
});
