// Words to have PostgreSQL write JSON itself: rows then reach the answer as text, and no value is parsed and written again on the way.
// Each takes SQL of a value and gives SQL of its JSON. Only SQL of ours goes in, never a caller's text.

/** Any text; quotes and controls are escaped. Never null. */
export const jsonText = (sql: string): string => `to_json(${sql})::text`;

export const jsonTextOrNull = (sql: string): string => `coalesce(to_json(${sql})::text, 'null')`;

/** A uuid or a word of a fixed list: nothing in it needs an escape. Never null. */
export const jsonWord = (sql: string): string => `'"' || ${sql} || '"'`;

export const jsonWordOrNull = (sql: string): string => `coalesce('"' || ${sql} || '"', 'null')`;

/** A number that is never null. */
export const jsonNumber = (sql: string): string => sql;

export const jsonNumberOrNull = (sql: string): string => `coalesce(${sql}::text, 'null')`;

/** An integer amount in parts of `unit` as a decimal without trailing zeros. */
export const jsonDecimal = (sql: string, unit: string): string => `trim_scale(${sql} / ${unit}.0)`;

/** RFC 3339 in UTC with milliseconds. */
export const jsonTimeOrNull = (sql: string): string => `coalesce('"' || to_char(${sql} AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') || '"', 'null')`;

/** An object of fields, each with SQL of its JSON. */
export function jsonObject(fields: Readonly<Record<string, string>>): string {
  return concat([...jsonMembers(fields, '{'), `'}'`]);
}

/** null where `condition` holds. */
export const jsonUnless = (condition: string, json: string): string => `CASE WHEN ${condition} THEN 'null' ELSE ${json} END`;

/** The members of an object without its braces, so that the reader can add some of its own. */
export function jsonMembersOnly(fields: Readonly<Record<string, string>>): string {
  return concat(jsonMembers(fields, ''));
}

function jsonMembers(fields: Readonly<Record<string, string>>, lead: string): string[] {
  return Object.entries(fields).flatMap(([name, json], index) => [`'${index === 0 ? lead : ','}"${name}":'`, json]);
}

/** A function takes at most 100 arguments. */
function concat(parts: readonly string[]): string {
  const groups = Array.from({ length: Math.ceil(parts.length / 90) }, (_, group) => `concat(${parts.slice(group * 90, (group + 1) * 90).join(', ')})`);
  return groups.join(' || ');
}
