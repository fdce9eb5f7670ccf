import { enableCompileCache } from 'node:module';
import { join } from 'node:path';

/** Beside the built files, so that nobody else writes it and a build begins anew. Where the disk is read-only, nothing is kept. */
enableCompileCache(join(__dirname, '../../../.compile-cache'));
