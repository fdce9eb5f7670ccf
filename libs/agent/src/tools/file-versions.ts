import type { ToolOutcome } from '../journal';

const VERSION_LENGTH = 12;
const MAX_LINES = 200;
const VERSION = /^(.+?)(?: lines \d+-\d+ of \d+| \(.*\))? \[version ([0-9a-f]{12})\]$/;
const SHOWING_TOOLS = new Set(['read', 'edit', 'write', 'apply_patch']);

/**
 * Which content of which file the model knows. What these tools answer names path and version, so a run that
 * goes on elsewhere knows them from the journal.
 */
export class FileVersions {
  readonly #known = new Map<string, string>();

  static from(results: readonly ToolOutcome[]): FileVersions {
    const versions = new FileVersions();
    for (const result of results) {
      if (result.isError || !SHOWING_TOOLS.has(result.name)) continue;
      // A patch tells of one file a line; what the others show behind their first line is a file's text.
      for (const line of result.text.split('\n', result.name === 'apply_patch' ? MAX_LINES : 1)) {
        const [, path, version] = VERSION.exec(line) ?? [];
        if (path !== undefined && version !== undefined) versions.#known.set(path, version);
      }
    }
    return versions;
  }

  /** Notes the content that the model now knows; returns the version to show. */
  note(path: string, hash: string): string {
    const version = hash.slice(0, VERSION_LENGTH);
    this.#known.set(path, version);
    return version;
  }

  /** The file is gone. */
  forget(path: string): void {
    this.#known.delete(path);
  }

  isKnown(path: string): boolean {
    return this.#known.has(path);
  }

  /** Whether the file still is as the model knows it. */
  isCurrent(path: string, hash: string): boolean {
    return this.#known.get(path) === hash.slice(0, VERSION_LENGTH);
  }
}
