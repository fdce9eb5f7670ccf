import { existsSync } from 'node:fs';
import { join } from 'node:path';

/** End-to-end tests run the built processes. */
export default function setup(): void {
  for (const path of ['dist/apps/api/src/main.js', 'dist/apps/worker/src/main.js', 'dist/test/peers/github/main.js', 'dist/test/peers/llm/main.js']) {
    if (!existsSync(join(__dirname, '../..', path))) throw new Error(`${path} is missing: run "npm run build" first`);
  }
}
