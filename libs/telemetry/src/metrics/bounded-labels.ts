/** What stands for every value beyond those that fit. */
export const OTHER = 'other';

/**
 * Keeps a label to its first `most` values. Labels whose values come from outside (names of models, of tools) could otherwise make a new series
 * with every request until the process, and whoever scrapes it, run out of memory.
 */
export class BoundedLabels {
  private readonly seen = new Map<string, Set<string>>();

  constructor(private readonly most = 100) {}

  keep(label: string, value: string): string {
    const values = this.seen.get(label) ?? new Set<string>();
    this.seen.set(label, values);
    if (values.has(value)) return value;
    if (values.size >= this.most || value === '') return OTHER;
    values.add(value);
    return value;
  }
}
