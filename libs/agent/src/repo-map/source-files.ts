/** Ends of files whose names can be mapped. */
export const SOURCE_EXTENSIONS = [
  'js', 'jsx', 'mjs', 'cjs', 'ts', 'mts', 'cts', 'tsx', 'py', 'pyi', 'go', 'rs', 'java', 'rb', 'rake', 'php', 'cs', 'c', 'h', 'cc', 'cpp', 'cxx', 'hpp', 'hh', 'sh', 'bash',
] as const;

export const SOURCE_GLOB = `**/*.{${SOURCE_EXTENSIONS.join(',')}}`;

/** Folders of other people's code and of what machines write. */
const FOREIGN = /(?:^|\/)(?:node_modules|bower_components|vendor|vendors|third_party|third-party|external|dist|build|out|target|coverage|__snapshots__|__generated__|generated|\.next|\.venv|venv|site-packages)\//;
const GENERATED = /(?:\.min\.[cm]?js|\.bundle\.js|[._-]generated\.\w+|\.pb\.\w+|_pb2\.py|\.g\.cs|\.designer\.cs)$/i;
const TEST = /(?:^|\/)(?:tests?|specs?|__tests__|e2e|fixtures?|examples?|bench(?:marks?)?)\/|[._-](?:test|spec)\.\w+$|(?:^|\/)test_[^/]+$/i;

/** Whether a file tests, shows or measures the code and is not the code itself. */
export function isTestFile(path: string): boolean {
  return TEST.test(path);
}

/** The files worth mapping, at most so many: those that the words name first, then code before tests, then from the top of the tree down. */
export function chooseFiles(paths: readonly string[], mentions: (path: string) => boolean, max: number): string[] {
  const own = paths.filter((path) => !FOREIGN.test(path) && !GENERATED.test(path));
  if (own.length <= max) return own;
  const ranked = own.map((path) => ({ path, rank: (mentions(path) ? 0 : 100) + (isTestFile(path) ? 50 : 0) + Math.min(40, path.split('/').length) }));
  return ranked.sort((a, b) => a.rank - b.rank || (a.path < b.path ? -1 : 1)).slice(0, max).map(({ path }) => path);
}
