import { secretForms } from '@app/common';

/** A secret on its way out. `excerpt` shows enough to find it and not enough to use it. */
export interface SecretFinding {
  readonly where: string;
  /** Line in that text, from 1. */
  readonly line: number;
  readonly kind: string;
  readonly excerpt: string;
}

export interface SecretScanInput {
  /** Unified diff: only lines that it adds are looked at. */
  readonly patch: string;
  readonly title: string;
  readonly body: string;
  /** Exact secrets that were loaded for this task. */
  readonly values?: readonly string[];
}

const PATTERNS: readonly (readonly [kind: string, pattern: RegExp])[] = [
  ['private key', /-----BEGIN (?:[A-Z0-9]+ )*PRIVATE KEY(?: BLOCK)?-----/],
  ['GitHub token', /\bgh[opsur]_[A-Za-z0-9._-]{30,}/],
  ['GitHub token', /\bgithub_pat_[A-Za-z0-9_]{30,}/],
  ['GitLab token', /\bglpat-[A-Za-z0-9_-]{20,}/],
  ['AWS access key', /\b(?:AKIA|ASIA)[A-Z2-7]{16}\b/],
  ['Anthropic key', /\bsk-ant-[A-Za-z0-9_-]{20,}/],
  ['OpenAI key', /\bsk-(?:proj-|svcacct-)?[A-Za-z0-9_-]{32,}/],
  ['Google key', /\bAIza[A-Za-z0-9_-]{35}/],
  ['Slack token', /\bxox[abeoprs]-[A-Za-z0-9-]{20,}/],
  ['Stripe live key', /\b[sr]k_live_[A-Za-z0-9]{16,}/],
  ['npm token', /\bnpm_[A-Za-z0-9]{36}/],
  ['platform token', /\bac_pat_[A-Za-z0-9_-]{16,}/],
  ['JSON web token', /\beyJ[A-Za-z0-9_-]{10,}\.eyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{20,}/],
  ['password in a URL', /\b[a-z][a-z0-9+.-]{1,20}:\/\/[^\s:/@'"]{1,100}:(?!(?:password|secret|postgres|example|test|root|user|changeme)@)[^\s:/@'"<>${}]{8,100}@/i],
];

/** Everything in the texts that looks like a credential or is one of the exact values, also as base64, hex or in a URL. */
export function scanForSecrets(input: SecretScanInput): SecretFinding[] {
  const values = (input.values ?? []).flatMap(secretForms);
  const texts = [['patch', addedLines(input.patch)], ['title', numbered(input.title)], ['body', numbered(input.body)]] as const;
  return texts.flatMap(([where, lines]) => lines.flatMap(([line, text]) => findings(text, values).map((found) => ({ where, line, ...found }))));
}

function findings(text: string, values: readonly string[]): { kind: string; excerpt: string }[] {
  const exact = values.filter((value) => text.includes(value)).map((value) => ({ kind: 'secret of this task', excerpt: masked(value) }));
  const shaped = PATTERNS.flatMap(([kind, pattern]) => {
    const found = pattern.exec(text)?.[0];
    // The vendors' own documentation keys end so.
    return found === undefined || found.endsWith('EXAMPLE') ? [] : [{ kind, excerpt: masked(found) }];
  });
  if (exact.length > 0) return exact.slice(0, 1);
  if (shaped.length > 0) return shaped.slice(0, 1);
  const random = randomValue(text);
  return random === null ? [] : [{ kind: 'random value given to a secret', excerpt: masked(random) }];
}

/** A value of much randomness that is given to something called a secret. Examples, references and placeholders are none. */
const ASSIGNED = /(?:secret|token|passw(?:or)?d|api[_-]?key|access[_-]?key|private[_-]?key|credential)[A-Za-z0-9_-]{0,30}["']?\s{0,5}(?::=|=>|[:=])\s{0,5}["'`]([A-Za-z0-9+/=_.-]{24,200})["'`]/gi;
const NO_SECRET = /example|sample|dummy|placeholder|changeme|your|test|fake|mock|xxxx|1234567|abcdef/i;
/** Bits per character: words and identifiers have fewer, random base64 has about 5. */
const RANDOM_BITS = 4.1;

function randomValue(text: string): string | null {
  for (const [, value = ''] of text.matchAll(ASSIGNED)) {
    if (!NO_SECRET.test(value) && /\d/.test(value) && /[A-Za-z]/.test(value) && entropy(value) >= RANDOM_BITS) return value;
  }
  return null;
}

function entropy(text: string): number {
  const counts = new Map<string, number>();
  for (const character of text) counts.set(character, (counts.get(character) ?? 0) + 1);
  return [...counts.values()].reduce((sum, count) => sum - (count / text.length) * Math.log2(count / text.length), 0);
}

function addedLines(patch: string): (readonly [number, string])[] {
  return numbered(patch).filter(([, line]) => line.startsWith('+') && !line.startsWith('+++ ')).map(([n, line]) => [n, line.slice(1)] as const);
}

function numbered(text: string): (readonly [number, string])[] {
  return text.split('\n').map((line, n) => [n + 1, line] as const);
}

function masked(secret: string): string {
  return `${secret.slice(0, 4)}…(${secret.length} characters)`;
}
