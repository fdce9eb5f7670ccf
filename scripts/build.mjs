// `npm run build`: type check and build of both apps, the libs and the peers into dist/.
import { build } from './lib/build.mjs';

try {
  build({ force: true });
} catch (error) {
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 1;
}
