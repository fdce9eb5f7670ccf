import { quoteUntrusted, type QuotedText } from './untrusted-text';

/** Facts of an event that a prompt may name. Those of `OF_OTHERS` were written by somebody. */
export interface EventFacts {
  readonly event: string;
  readonly repository: string;
  readonly date: string;
  readonly number?: string;
  readonly url?: string;
  readonly sha?: string;
  readonly author?: string;
  readonly branch?: string;
  readonly label?: string;
  readonly title?: string;
  readonly body?: string;
  readonly comment?: string;
  readonly checks?: string;
  readonly input?: string;
}

export const PLACEHOLDERS = ['event', 'repository', 'date', 'number', 'url', 'sha', 'author', 'branch', 'label', 'title', 'body', 'comment', 'checks', 'input'] as const satisfies readonly (keyof EventFacts)[];

/** These never stand in the prompt itself: it names them, and they follow below in fences. */
const OF_OTHERS: Readonly<Partial<Record<keyof EventFacts, string>>> = { branch: 'Branch', label: 'Label', title: 'Title', body: 'Description', comment: 'Comment', checks: 'Failed checks', input: 'Input' };
const PLACE = /\{\{\s*([^{}]*?)\s*\}\}/g;
const MOST_TITLE = 255;

/** Placeholders of a template that mean nothing. */
export function unknownPlaceholders(template: string): string[] {
  return [...template.matchAll(PLACE)].map(([, name = '']) => name).filter((name) => !isPlaceholder(name));
}

/** The prompt of one run. A fact that the event does not have reads as "(none)". */
export function renderPrompt(template: string, facts: EventFacts): string {
  const quoted = new Map<string, QuotedText>();
  const prompt = template.replace(PLACE, (_, name: string) => {
    if (!isPlaceholder(name)) return '(none)';
    const [text, label] = [facts[name] ?? '', OF_OTHERS[name]];
    if (text.trim() === '') return '(none)';
    if (label === undefined) return text;
    quoted.set(name, { label, text });
    return `[${label}, below]`;
  });
  const below = quoteUntrusted([...quoted.values()]);
  return below === '' ? prompt : `${prompt}\n\n${below}`;
}

/** The title of one run: people read it, the agent does not. */
export function renderTitle(template: string, facts: EventFacts): string {
  const text = template.replace(PLACE, (_, name: string) => (isPlaceholder(name) ? (facts[name] ?? '') : '')).replace(/[\p{Cc}\p{Cf}\s]+/gu, ' ').trim();
  return [...text].slice(0, MOST_TITLE).join('') || 'Automation';
}

function isPlaceholder(name: string): name is (typeof PLACEHOLDERS)[number] {
  return (PLACEHOLDERS as readonly string[]).includes(name);
}
