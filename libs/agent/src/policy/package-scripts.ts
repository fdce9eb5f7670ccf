/** A file's text on either side of the change; null: it is not there. */
export interface FileSides {
  readonly before: string | null;
  readonly after: string | null;
}

/** Parts of a manifest that name programs which run, or code that is installed in place of other code. */
const RUNNING_PARTS = ['scripts', 'bin', 'gypfile', 'husky', 'lint-staged', 'simple-git-hooks', 'pre-commit', 'overrides', 'resolutions', 'packageManager', 'allow-plugins'] as const;
const MOST_NAMED = 10;
const NAME_CHARACTERS = 60;

/**
 * Names of the scripts and the like that differ between two states of a package.json or composer.json. A manifest that cannot be read
 * counts as changed: what is not understood is not called harmless.
 */
export function changedScripts({ before, after }: FileSides): string[] {
  const [old, now] = [manifestOf(before), manifestOf(after)];
  if (old === null || now === null) return ['the file cannot be read as JSON'];
  const changed = RUNNING_PARTS.flatMap((part) => differencesOf(part, old[part], now[part]));
  return changed.length > MOST_NAMED ? [...changed.slice(0, MOST_NAMED), `and ${changed.length - MOST_NAMED} more`] : changed;
}

function differencesOf(part: string, before: unknown, after: unknown): string[] {
  if (JSON.stringify(before) === JSON.stringify(after)) return [];
  if (part !== 'scripts') return [part];
  const [old, now] = [entriesOf(before), entriesOf(after)];
  const names = [...new Set([...old.keys(), ...now.keys()])].filter((name) => old.get(name) !== now.get(name));
  return names.map((name) => shown(name));
}

function entriesOf(value: unknown): Map<string, string> {
  return new Map(isRecord(value) ? Object.entries(value).map(([name, script]) => [name, JSON.stringify(script)]) : []);
}

/** A file that is not there has no scripts. */
function manifestOf(text: string | null): Record<string, unknown> | null {
  if (text === null) return {};
  try {
    const value: unknown = JSON.parse(text.replace(/^\ufeff/, ''));
    return isRecord(value) ? value : null;
  } catch {
    return null;
  }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** A name is the model's text: it must stay one word of ours. */
function shown(name: string): string {
  return name.replace(/[^\w:.-]/g, '').slice(0, NAME_CHARACTERS) || 'a script';
}
