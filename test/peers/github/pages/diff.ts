import type { ChangedFile } from '../shapes/file';
import { html, joined, type Html } from './html';

const LARGEST_LINES = 3_000;

/** A changed file with its lines numbered and coloured. */
export function fileDiff({ path, previousPath, status, additions, deletions, patch }: ChangedFile): Html {
  const name = previousPath === null ? html`${path}` : html`${previousPath} → ${path}`;
  const content = patch === null ? html`<div class="row soft">No lines to show: a binary file, or only its name or mode changed.</div>` : html`<div class="diff"><table>${rows(patch)}</table></div>`;
  return html`<div class="box"><div class="head"><span><b class="plus">+${additions}</b> <b class="minus">−${deletions}</b></span><b>${name}</b> <span class="soft">${status}</span></div>${content}</div>`;
}

function rows(patch: string): Html {
  const lines = patch.split('\n');
  const shown: Html[] = [];
  let [old, now] = [0, 0];
  for (const line of lines.slice(0, LARGEST_LINES)) {
    const hunk = /^@@ -(\d+)(?:,\d+)? \+(\d+)/.exec(line);
    if (hunk) {
      [old, now] = [Number(hunk[1]), Number(hunk[2])];
      shown.push(html`<tr class="h"><td></td><td></td><td>${line}</td></tr>`);
    } else if (line.startsWith('+')) shown.push(html`<tr class="a"><td></td><td>${now++}</td><td>${line}</td></tr>`);
    else if (line.startsWith('-')) shown.push(html`<tr class="r"><td>${old++}</td><td></td><td>${line}</td></tr>`);
    else if (line.startsWith('\\')) shown.push(html`<tr><td></td><td></td><td class="soft">${line}</td></tr>`);
    else shown.push(html`<tr><td>${old++}</td><td>${now++}</td><td>${line}</td></tr>`);
  }
  if (lines.length > LARGEST_LINES) shown.push(html`<tr class="h"><td></td><td></td><td>… ${lines.length - LARGEST_LINES} more lines</td></tr>`);
  return joined(shown);
}
