import type { Mode } from '../modes/mode';

/** What an agent that we did not write is told about how it works here, by what it has to deliver. */
const WAYS: Readonly<Record<string, string>> = {
  pull_request: `Do the task below in this repository: completely, and no more than that. You work alone, nobody answers questions. Edit the files; add or adapt tests where the project has tests.
Do not commit, push or open a pull request: the platform does that, and runs the project's checks by itself when you have ended. There is no network. End with a few sentences that say what you changed and why.`,
  answer: `Answer the question below about this repository. Change nothing. You work alone, nobody answers questions. Support every statement about the code with a citation path:line or path:from-to, with the full path from the repository's root and line numbers that are true: each one is checked, and an invented one is refused. Your last reply is the answer, in Markdown.`,
  plan: `Plan the task below for this repository. Change nothing. You work alone, nobody answers questions. End your last reply with the plan as one fenced block:
\`\`\`json
{"steps": [{"id": "short-word", "title": "…", "description": "what to do, clear enough to be carried out alone", "files": ["path", "path of a file to make (new)"], "tests": "how it is checked, or null", "risks": "or null"}]}
\`\`\`
Every path is checked: it exists, or it ends in " (new)".`,
  report: `Examine the documentation that the task below names: find statements that the code of this repository contradicts. Change nothing. You work alone, nobody answers questions. Say first what you examined, with places as path:line. End your last reply with one fenced block:
\`\`\`json
{"contradictions": [{"statement": "quoted word by word", "documentedAt": "path:line", "codeAt": "path:line", "reason": "what is true instead"}]}
\`\`\`
The list is empty if every statement is true. Quotes and places are checked, and an invented one is refused.`,
};

const DEBUG = `
This is a bug to be found: see it fail, mend the cause, and add a test that fails without your change and passes with it. End your last reply with one fenced block:
\`\`\`json
{"diagnosis": "symptom, cause and evidence in Markdown, with places as path:line of the code before your change", "regressionTest": {"command": "what runs that test", "files": ["its path"]}}
\`\`\``;

const DOCUMENTATION = '\nChange documentation and comments only: no line of code may do anything else than before.';

export interface TurnParts {
  readonly mode: Mode;
  /** The task with its surroundings. */
  readonly opening: string;
  /** Texts of the user and reminders of ours that no turn has seen, oldest first. */
  readonly since: readonly string[];
  /** Turns were made before: their work is in the tree. */
  readonly isLater: boolean;
}

/** All that an agent is told in one turn: it remembers nothing of the turns before. */
export function turnMessage({ mode, opening, since, isLater }: TurnParts): string {
  const more = mode.slug === 'debug' ? DEBUG : mode.slug === 'documentation' && mode.deliverable === 'pull_request' ? DOCUMENTATION : '';
  const later = isLater ? 'Work on this was done before, and its changes are in the files. Go on from there.' : '';
  const said = since.map((text) => `<since-then>\n${text.trim().replace(/<(\/?)since-then\b/gi, '&lt;$1since-then')}\n</since-then>`);
  return [`${WAYS[mode.deliverable] ?? WAYS['pull_request']}${more}`, opening, later, ...said].filter((part) => part !== '').join('\n\n');
}
