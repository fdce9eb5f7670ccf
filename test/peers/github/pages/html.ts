/** Text that is safe as HTML; made only by `html`, `escaped` and `joined`. */
export class Html {
  constructor(readonly text: string) {}
}

const ENTITIES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };

export function escaped(text: string): string {
  return text.replace(/[&<>"']/g, (char) => ENTITIES[char] ?? char);
}

/** A template whose values are escaped unless they are Html already. */
export function html(parts: TemplateStringsArray, ...values: readonly (Html | string | number)[]): Html {
  return new Html(parts.reduce((text, part, n) => text + show(values[n - 1]) + part));
}

export function joined(parts: readonly Html[]): Html {
  return new Html(parts.map(({ text }) => text).join(''));
}

function show(value: Html | string | number | undefined): string {
  return value instanceof Html ? value.text : escaped(String(value ?? ''));
}
