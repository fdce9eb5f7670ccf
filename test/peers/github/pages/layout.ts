import { html, Html } from './html';

const STYLE = `
:root { color-scheme: light dark; --text: #1f2328; --soft: #59636e; --page: #fff; --box: #f6f8fa; --line: #d1d9e0; --link: #0969da; --green: #1a7f37; --red: #cf222e; --purple: #8250df; --added: #dafbe1; --removed: #ffebe9; --hunk: #ddf4ff; }
@media (prefers-color-scheme: dark) { :root { --text: #f0f6fc; --soft: #9198a1; --page: #0d1117; --box: #151b23; --line: #3d444d; --link: #4493f8; --green: #3fb950; --red: #f85149; --purple: #ab7df8; --added: #12361f; --removed: #44191d; --hunk: #121d2f; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--page); color: var(--text); font: 15px/1.55 -apple-system, "Segoe UI", "Noto Sans", Helvetica, Arial, sans-serif; }
body > header { border-bottom: 1px solid var(--line); background: var(--box); padding: 12px 0; }
header div, main { max-width: 1060px; margin: 0 auto; padding: 0 20px; }
header small { float: right; color: var(--soft); }
main { padding-bottom: 64px; }
a { color: var(--link); text-decoration: none; } a:hover { text-decoration: underline; }
h1 { font-size: 26px; font-weight: 500; line-height: 1.25; margin: 26px 0 10px; overflow-wrap: anywhere; } h1 span { color: var(--soft); font-weight: 300; }
h2 { font-size: 18px; margin: 30px 0 10px; }
.badge { display: inline-block; padding: 3px 12px; border-radius: 99px; color: #fff; font-weight: 500; margin-right: 8px; }
.open { background: #1f883d; } .closed { background: #cf222e; } .merged { background: #8250df; } .draft { background: #59636e; }
.soft { color: var(--soft); } .plus { color: var(--green); } .minus { color: var(--red); }
code, pre { font: 12.5px/1.6 ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; }
code { background: color-mix(in srgb, var(--soft) 16%, transparent); border-radius: 6px; padding: 2px 5px; overflow-wrap: anywhere; }
pre { background: var(--box); border-radius: 6px; padding: 14px; overflow: auto; } pre code { background: none; padding: 0; }
.box { border: 1px solid var(--line); border-radius: 8px; margin: 14px 0; overflow: hidden; }
.box > .head { background: var(--box); border-bottom: 1px solid var(--line); padding: 9px 14px; overflow-wrap: anywhere; } .box > .head span { float: right; margin-left: 12px; }
.box > .body { padding: 4px 18px 10px; overflow-wrap: anywhere; } .box > .row { padding: 10px 14px; border-top: 1px solid var(--line); } .box > .row:first-child { border-top: 0; }
.body h1, .body h2 { border-bottom: 1px solid var(--line); padding-bottom: 5px; font-weight: 600; } .body h1 { font-size: 22px; margin-top: 18px; } .body h2 { margin-top: 20px; } .body h3 { font-size: 16px; }
.body table { border-collapse: collapse; display: block; overflow: auto; } .body th, .body td { border: 1px solid var(--line); padding: 5px 12px; text-align: left; } .body th { background: var(--box); }
blockquote { border-left: 4px solid var(--line); color: var(--soft); margin: 0 0 14px; padding: 0 14px; } hr { border: 0; border-top: 3px solid var(--line); }
.diff { overflow-x: auto; } .diff table { border-collapse: collapse; min-width: 100%; font: 12px/20px ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; }
.diff td { padding: 0 10px; white-space: pre; } .diff td:nth-child(-n+2) { width: 1%; min-width: 46px; text-align: right; color: var(--soft); user-select: none; }
.diff .a { background: var(--added); } .diff .r { background: var(--removed); } .diff .h { background: var(--hunk); color: var(--soft); }
`;

/** A whole page; nothing on it is fetched from elsewhere, and nothing runs. */
export function layout(title: string, path: Html, content: Html): string {
  return html`<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><title>${title}</title><style>${new Html(STYLE)}</style></head>
<body><header><div><small>a local stand-in for GitHub</small>${path}</div></header><main>${content}</main></body></html>
`.text;
}
