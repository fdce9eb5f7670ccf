// `npm run bench:agent [-- --parts fixes,steps,workspaces,edit (default: fixes, whether the agent mends) --wires anthropic,gemini --cases minimist,ini --rounds 5 --cache folder --save name --gate]`
import { mkdirSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { runEdit } from './edit.mjs';
import { runFixes } from './fixes.mjs';
import { WIRES } from './house.mjs';
import { report } from './report.mjs';
import { runSteps } from './steps.mjs';
import { runWorkspaces } from './workspaces.mjs';

const PARTS = { fixes: runFixes, steps: runSteps, workspaces: runWorkspaces, edit: runEdit };

const { values: options } = parseArgs({
  options: {
    parts: { type: 'string', default: 'fixes' }, wires: { type: 'string', default: Object.keys(WIRES).join() }, cases: { type: 'string' }, rounds: { type: 'string', default: '5' },
    cache: { type: 'string', default: join(tmpdir(), 'async-coder-bench-packages') }, save: { type: 'string' }, gate: { type: 'boolean', default: false },
  },
});
mkdirSync(options.cache, { recursive: true });
const say = (line) => process.stdout.write(`${line}\n`);
const plan = { wires: options.wires.split(','), cases: options.cases?.split(','), cache: options.cache, rounds: Number(options.rounds), say };
const figures = {};
for (const part of options.parts.split(',')) figures[part] = await PARTS[part](plan);
const { text, failed } = report(figures);
say(text);
if (options.save) writeFileSync(`bench/results/${options.save}.json`, `${JSON.stringify(figures, null, 1)}\n`);
process.exit(options.gate && failed ? 1 : 0);
