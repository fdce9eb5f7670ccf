/** The last text that `pick` finds in the JSON of an output: a line each, or the whole output as one value. Null: none. */
export function lastJson(output: string, pick: (value: Readonly<Record<string, unknown>>) => unknown): string | null {
  const whole = output.slice(Math.max(0, output.indexOf('{')));
  for (const text of [...output.split('\n').reverse(), whole]) {
    const value = objectOf(text);
    const picked = value === null ? undefined : pick(value);
    if (typeof picked === 'string' && picked.trim() !== '') return picked;
  }
  return null;
}

function objectOf(text: string): Record<string, unknown> | null {
  if (!text.trimStart().startsWith('{')) return null;
  try {
    return JSON.parse(text) as Record<string, unknown>;
  } catch {
    return null;
  }
}
