// `npm run bench:agent [-- --wires anthropic,gemini --cases minimist,ini --cache folder --save name --gate]`: real fixes through the whole platform.
import { mkdirSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { runFixes } from './fixes.mjs';
import { WIRES } from './house.mjs';
import { report } from './report.mjs';

const { values: options } = parseArgs({
  options: {
    wires: { type: 'string', default: Object.keys(WIRES).join() }, cases: { type: 'string' }, cache: { type: 'string', default: join(tmpdir(), 'async-coder-bench-packages') },
    save: { type: 'string' }, gate: { type: 'boolean', default: false },
  },
});
mkdirSync(options.cache, { recursive: true });
const say = (line) => process.stdout.write(`${line}\n`);
const rows = await runFixes({ wires: options.wires.split(','), cases: options.cases?.split(','), cache: options.cache, say });
const { text, failed } = report(rows);
say(text);
if (options.save) writeFileSync(`bench/results/${options.save}.json`, `${JSON.stringify(rows.map(({ folders: _, repository: _r, test: _t, prompt: _p, ...row }) => row), null, 1)}\n`);
process.exit(options.gate && failed ? 1 : 0);
