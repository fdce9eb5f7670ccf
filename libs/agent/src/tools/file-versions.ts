import type { ToolOutcome } from '../journal';

const VERSION_LENGTH = 12;
const VERSION = /^(.+?)(?: lines \d+-\d+ of \d+| \(.*\))? \[version ([0-9a-f]{12})\]$/;
const SHOWING_TOOLS = new Set(['read', 'edit', 'write']);

/**
 * Which content of which file the model knows. The first line of what these tools answer names path and version, so a run that
 * goes on elsewhere knows them from the journal.
 */
export class FileVersions {
  readonly #known = new Map<string, string>();

  static from(results: readonly ToolOutcome[]): FileVersions {
    const versions = new FileVersions();
    for (const result of results) {
      if (result.isError || !SHOWING_TOOLS.has(result.name)) continue;
      const [, path, version] = VERSION.exec(result.text.split('\n', 1)[0] ?? '') ?? [];
      if (path !== undefined && version !== undefined) versions.#known.set(path, version);
    }
    return versions;
  }

  /** Notes the content that the model now knows; returns the version to show. */
  note(path: string, hash: string): string {
    const version = hash.slice(0, VERSION_LENGTH);
    this.#known.set(path, version);
    return version;
  }

  isKnown(path: string): boolean {
    return this.#known.has(path);
  }

  /** Whether the file still is as the model knows it. */
  isCurrent(path: string, hash: string): boolean {
    return this.#known.get(path) === hash.slice(0, VERSION_LENGTH);
  }
}
