import type { Contradiction } from '../delivery/contradictions';
import type { AgentPlan, PlanStep } from '../delivery/plan';
import { titleFromPrompt } from '../delivery/title';
import type { RegressionTest, Submission } from '../journal';
import type { Mode } from '../modes/mode';
import { isRecord } from '../tools/argument-schema';

const FENCE = /^(```+|~~~+)[^\n]*\n[\s\S]*?^\1[ \t]*$/gm;
const EDIT_BLOCK = /^<{5,9} SEARCH[\s\S]*?^>{5,9} REPLACE[ \t]*$/gm;
const SUMMARY_CHARACTERS = 4_000;

/** What an agent's last words amount to, in place of a call of `submit`. */
export function handedIn(words: string, mode: Mode, prompt: string): Submission {
  const report = mode.deliverable === 'pull_request' && mode.slug !== 'debug' ? null : lastReport(words);
  const summary = proseOf(words).slice(0, SUMMARY_CHARACTERS);
  return {
    title: titleFromPrompt(prompt), summary: summary === '' ? 'The agent said nothing about its work.' : summary, testing: '', risks: '', discard: [],
    answer: mode.deliverable === 'answer' ? words.trim() : null,
    // An answer without a reason is no reason: an empty change is given back.
    noChangesReason: null,
    plan: mode.deliverable === 'plan' ? planOf(report, words) : null,
    ...(mode.deliverable === 'report' ? { contradictions: contradictionsOf(report) } : {}),
    diagnosis: textOf(report?.['diagnosis']),
    regressionTest: testOf(report?.['regressionTest']),
  };
}

/** The last fenced block that holds a JSON object. */
function lastReport(words: string): Record<string, unknown> | null {
  for (const block of [...words.matchAll(/^```(?:json)?[ \t]*\n([\s\S]*?)^```[ \t]*$/gm)].reverse()) {
    try {
      const value: unknown = JSON.parse(block[1] ?? '');
      if (isRecord(value)) return value;
    } catch {
      // Code of another kind.
    }
  }
  return null;
}

function proseOf(words: string): string {
  return words.replace(EDIT_BLOCK, '').replace(FENCE, '').replace(/\n{3,}/g, '\n\n').trim();
}

function planOf(report: Record<string, unknown> | null, words: string): AgentPlan | null {
  const steps = report?.['steps'];
  if (!Array.isArray(steps)) return null;
  return { steps: steps.filter(isRecord).map(stepOf), markdown: proseOf(words) };
}

function contradictionsOf(report: Record<string, unknown> | null): Contradiction[] | null {
  const list = report?.['contradictions'];
  if (!Array.isArray(list)) return null;
  return list.filter(isRecord).map(({ statement, documentedAt, codeAt, reason }) => ({ statement: textOf(statement) ?? '', documentedAt: textOf(documentedAt) ?? '', codeAt: textOf(codeAt) ?? '', reason: textOf(reason) ?? '' }));
}

function stepOf(step: Record<string, unknown>, n: number): PlanStep {
  const { id, title, description, files, risks, tests } = step;
  return {
    id: textOf(id) ?? `step-${n + 1}`, title: textOf(title) ?? `Step ${n + 1}`, description: textOf(description) ?? '',
    files: textsOf(files), risks: textOf(risks), tests: textOf(tests),
  };
}

function testOf(value: unknown): RegressionTest | null {
  if (!isRecord(value)) return null;
  const command = textOf(value['command']);
  return command === null ? null : { command, files: textsOf(value['files']) };
}

function textOf(value: unknown): string | null {
  return typeof value === 'string' && value.trim() !== '' ? value : null;
}

function textsOf(value: unknown): string[] {
  return Array.isArray(value) ? value.filter((item): item is string => typeof item === 'string') : [];
}
