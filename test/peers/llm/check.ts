/** Small readers for requests; `refuse` is how this wire says that a value is wrong. */
export type Refuse = (message: string) => never;

export function asObject(value: unknown, path: string, refuse: Refuse): Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return refuse(`${path}: Input should be an object`);
  return value as Record<string, unknown>;
}

export function asList(value: unknown, path: string, refuse: Refuse): unknown[] {
  return Array.isArray(value) ? (value as unknown[]) : refuse(`${path}: Input should be a valid list`);
}

export function asText(value: unknown, path: string, refuse: Refuse): string {
  return typeof value === 'string' ? value : refuse(`${path}: Input should be a valid string`);
}

export function asPositive(value: unknown, path: string, refuse: Refuse): number {
  return typeof value === 'number' && Number.isInteger(value) && value > 0 ? value : refuse(`${path}: Input should be a positive integer`);
}

/** The first field that is not among the allowed ones. */
export function foreignField(value: Record<string, unknown>, allowed: Readonly<Record<string, true>>): string | undefined {
  return Object.keys(value).find((field) => !(field in allowed));
}
