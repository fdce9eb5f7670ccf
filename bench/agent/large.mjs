import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const FOLDERS = 1_900;
const FILES_PER_FOLDER = 2;

/** A repository's files: 3,800 in 1,900 folders. */
export function makeRepository(folder) {
  for (let n = 0; n < FOLDERS; n += 1) {
    const path = join(folder, `area-${n % 40}`, `part-${n}`);
    mkdirSync(path, { recursive: true });
    for (let file = 0; file < FILES_PER_FOLDER; file += 1) writeFileSync(join(path, `file-${file}.js`), `// ${n} ${file}\n${'export const value = 1;\n'.repeat(40 + (n % 60))}`);
  }
  return folder;
}
