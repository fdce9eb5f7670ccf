import { declaredErrors, type ErrorKind } from '@app/common';
import { PROBLEM_ADVICE, PROBLEM_GROUPS } from '../http/openapi/problem-advice';
import { exampleProblem } from '../http/openapi/problem-responses';
import { problemSlug } from '../http/problems/problem';
import type { ProblemKindResponse } from './dto/problem.response';

/** The pages need their own style and nothing else. */
export const PAGE_CSP = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; base-uri 'none'";

const STYLE = `
:root { color-scheme: light dark; --ink: #1f2328; --soft: #59636e; --line: #d8dee4; --paper: #fff; --tint: #f6f8fa; --link: #0b63ce }
@media (prefers-color-scheme: dark) { :root { --ink: #e6edf3; --soft: #9198a1; --line: #30363d; --paper: #0d1117; --tint: #161b22; --link: #6cb6ff } }
body { margin: 0 auto; max-width: 46rem; padding: 3rem 1.25rem 5rem; font: 16px/1.6 system-ui, sans-serif; color: var(--ink); background: var(--paper) }
a { color: var(--link); text-decoration: none } a:hover { text-decoration: underline }
h1 { font-size: 1.9rem; line-height: 1.25; letter-spacing: -.02em; margin: .4rem 0 1rem } h2 { font-size: 1.05rem; margin: 2.2rem 0 .6rem }
code { font: .9em ui-monospace, monospace; background: var(--tint); border-radius: 4px; padding: .1em .35em } pre { background: var(--tint); border: 1px solid var(--line); border-radius: 8px; padding: 1rem; overflow-x: auto } pre code { padding: 0 }
.status { display: inline-block; min-width: 2.6rem; font: 600 .85rem ui-monospace, monospace; color: var(--soft) } .crumb, .title { color: var(--soft) }
ul.list { list-style: none; padding: 0; margin: 0; border: 1px solid var(--line); border-radius: 8px } ul.list li { padding: .55rem .9rem; border-top: 1px solid var(--line) } ul.list li:first-child { border-top: 0 } .title { display: block; padding-left: 2.9rem; font-size: .92rem }
dt { font-weight: 600 } dd { margin: 0 0 .6rem }`;

export function kindOfSlug(slug: string): ErrorKind | undefined {
  return declaredErrors().find(({ code }) => problemSlug(code) === slug);
}

export function explain(kind: ErrorKind, publicUrl: string): ProblemKindResponse {
  const { advice = '', members = {} } = PROBLEM_ADVICE[kind.code] ?? {};
  return {
    code: kind.code, status: kind.status, title: kind.title, advice,
    members: Object.fromEntries(Object.entries(members).map(([name, { about }]) => [name, about])),
    url: `${publicUrl}/problems/${problemSlug(kind.code)}`,
  };
}

/** The list, by group. */
export function listPage(): string {
  const kinds = declaredErrors();
  const groups = PROBLEM_GROUPS.map(({ title, problems }) => {
    const rows = kinds.filter(({ code }) => code in problems).sort((a, b) => a.status - b.status);
    const items = rows.map(({ code, status, title: about }) => `<li><span class="status">${status}</span><a href="/problems/${problemSlug(code)}"><code>${code}</code></a><span class="title">${escape(about)}</span></li>`);
    return rows.length === 0 ? '' : `<h2>${escape(title)}</h2><ul class="list">${items.join('')}</ul>`;
  });
  return page('Errors', `<p class="crumb"><a href="/docs">API</a></p><h1>Errors</h1><p>Every error is a problem as RFC 9457 describes it: <code>application/problem+json</code> with a <code>code</code> that stays. Its <code>type</code> leads to one of these pages.</p>${groups.join('')}`);
}

export function problemPage(kind: ErrorKind, publicUrl: string): string {
  const { advice, members } = explain(kind, publicUrl);
  const extra = Object.entries(members).map(([name, about]) => `<dt><code>${name}</code></dt><dd>${prose(about)}</dd>`);
  const headers = Object.entries(PROBLEM_ADVICE[kind.code]?.headers ?? {}).map(([name, value]) => `${name}: ${value}\n`);
  const example = `HTTP/1.1 ${kind.status}\nContent-Type: application/problem+json\n${headers.join('')}\n${JSON.stringify(exampleProblem(kind, publicUrl), null, 2)}`;
  return page(kind.title, [
    `<p class="crumb"><a href="/docs">API</a> / <a href="/problems">Errors</a></p><h1>${escape(kind.title)}</h1>`,
    `<p>Code <code>${kind.code}</code>, HTTP status <code>${kind.status}</code>.</p>`,
    `<h2>What to do</h2><p>${prose(advice)}</p>`,
    extra.length === 0 ? '' : `<h2>Further members</h2><dl>${extra.join('')}</dl>`,
    `<h2>Example</h2><pre><code>${escape(example)}</code></pre>`,
  ].join(''));
}

function page(title: string, body: string): string {
  return `<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>${escape(title)} · Async Coder</title><style>${STYLE}</style></head><body>${body}</body></html>`;
}

function prose(text: string): string {
  return escape(text).replace(/`([^`]+)`/g, '<code>$1</code>');
}

function escape(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
}
