import { oneLine } from '../text/shorten';
import { safePlainText } from './safe-markdown';

export interface CommitMessageInput {
  readonly taskId: string;
  readonly title: string;
  readonly summary: string;
  /** Asks CI servers to run nothing for this commit. */
  readonly skipCi?: boolean;
  /** Who asked for the work. */
  readonly coAuthor?: { readonly name: string; readonly email: string } | null;
}

const SUBJECT_CHARACTERS = 72;
const BODY_WIDTH = 72;
const BODY_CHARACTERS = 2_000;
const TYPED = /^(feat|fix|docs|refactor|test|chore|perf|build|ci|style|revert)(\([^)]*\))?!?: /;
/** GitHub, GitLab, Bitbucket, CircleCI and most others know it. */
const SKIP_CI = '[skip ci]';
/** Lines that git would take as trailers: only ours may stand there. */
const TRAILER = /^(?:[A-Za-z][A-Za-z-]*-by|Async-Coder-[A-Za-z-]+|Change-Id|Reviewed-on|skip-checks|request-checks):/i;

const TYPE_BY_VERB: readonly (readonly [type: string, verbs: RegExp])[] = [
  ['fix', /^(fix|repair|correct|prevent|avoid|handle|restore|stop)\b/i],
  ['docs', /^(document|describe|explain|clarify)\b|\b(readme|documentation|docs|comments?)\b/i],
  ['test', /^(test|cover)\b|^add(ing)? (a |an )?(\w+ )?tests?\b/i],
  ['refactor', /^(refactor|rename|extract|simplify|move|split|clean|reorganize|restructure)\b/i],
  ['perf', /^(speed|optimi[sz]e|cache)\b/i],
  ['feat', /^(add|implement|support|introduce|allow|create|enable|let|make|provide)\b/i],
];

/** Subject with a type, at most 72 characters; body; trailers that tie the commit to its task. */
export function commitMessage(input: CommitMessageInput): string {
  const body = safePlainText(input.summary).slice(0, BODY_CHARACTERS).split('\n').filter((line) => !TRAILER.test(line.trim())).map((line) => wrapped(line.trimEnd())).join('\n').trim();
  const trailers = [...(input.coAuthor ? [`Co-authored-by: ${plainName(input.coAuthor.name)} <${input.coAuthor.email.replace(/[\s<>]/g, '')}>`] : []), `Async-Coder-Task: ${input.taskId}`];
  return [commitSubject(input.title), ...(body === '' ? [] : ['', body]), ...(input.skipCi === true ? ['', SKIP_CI] : []), '', ...trailers, ''].join('\n');
}

/** The first line: an imperative title with its conventional type. */
export function commitSubject(title: string): string {
  const plain = oneLine(safePlainText(title).replace(/[`*_#]+/g, (marks) => (marks.includes('_') ? marks : '')), 500).replace(/\.$/, '');
  if (TYPED.test(plain)) return oneLine(plain, SUBJECT_CHARACTERS);
  const type = TYPE_BY_VERB.find(([, verbs]) => verbs.test(plain))?.[0] ?? 'chore';
  return oneLine(`${type}: ${lowerFirst(plain === '' ? 'change the code' : plain)}`, SUBJECT_CHARACTERS);
}

/** "Fix" becomes "fix"; "HTTP", "README" and "ISO dates" stay. */
function lowerFirst(text: string): string {
  return /^[A-Z][a-z]/.test(text) ? text.charAt(0).toLowerCase() + text.slice(1) : text;
}

function wrapped(line: string): string {
  const indent = /^\s*(?:[-*] |\d+\. )?/.exec(line)?.[0].replace(/\S/g, ' ') ?? '';
  const lines: string[] = [];
  let current = '';
  for (const word of line.split(' ')) {
    if (current !== '' && `${current} ${word}`.length > BODY_WIDTH && current.trim() !== '') {
      lines.push(current);
      current = `${indent}${word}`;
    } else current = current === '' && lines.length === 0 ? word : `${current} ${word}`;
  }
  return [...lines, current].join('\n');
}

function plainName(name: string): string {
  return name.replace(/[\r\n<>]/g, ' ').replace(/\s+/g, ' ').trim() || 'unknown';
}
