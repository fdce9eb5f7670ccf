const SHORTEST = 6;
/** A line of key material. Other lines of a long secret, of a configuration file for instance, may stand in many files that hold no secret. */
const KEY_LINE = /^[A-Za-z0-9+/=_-]{20,}$/;

/** How a secret's value may be found in a text: as it is, by the lines of a key, in a URL, in JSON, in hexadecimal, and in base64 wherever in a longer text it stood. */
export function spellingsOf(value: string): string[] {
  const bytes = Buffer.from(value);
  const lines = value.split(/\r?\n/).map((line) => line.trim()).filter((line) => KEY_LINE.test(line) && !/^-+$/.test(line));
  const base64 = [0, 1, 2].flatMap((before) => encoded(bytes, before));
  const all = [value, value.trim(), ...lines, encodeURIComponent(value), JSON.stringify(value).slice(1, -1), bytes.toString('hex'), bytes.toString('hex').toUpperCase(), ...base64];
  return [...new Set(all)].filter((text) => text.length >= SHORTEST);
}

/** The characters that are the same whatever stands before and behind. */
function encoded(bytes: Buffer, before: number): string[] {
  const whole = Buffer.concat([Buffer.alloc(before), bytes]);
  const [start, end] = [Math.ceil((before * 8) / 6), Math.floor((whole.length * 8) / 6)];
  return [whole.toString('base64').slice(start, end), whole.toString('base64url').slice(start, end)];
}
