/** What makes Swagger UI a page to read: one column, quiet colours, dark where the reader's system is. */
export const DOCS_STYLE = `
:root { color-scheme: light dark; --ink: #1f2328; --soft: #59636e; --line: #d8dee4; --paper: #ffffff; --tint: #f6f8fa; --link: #0b63ce; --get: #0b63ce; --post: #1a7f37; --put: #9a6700; --patch: #9a6700; --delete: #cf222e }
body { background: var(--paper) }
.swagger-ui { color: var(--ink); font-family: system-ui, sans-serif }
.swagger-ui .wrapper { max-width: 60rem; padding: 0 1.25rem }
.swagger-ui .topbar, .swagger-ui .info .title small.version-stamp, .swagger-ui .info hgroup.main a, .swagger-ui .scheme-container .schemes-title, .swagger-ui .servers-title { display: none }
.swagger-ui .info { margin: 3rem 0 1.5rem }
.swagger-ui .info .title { font: 650 2.2rem/1.2 system-ui, sans-serif; letter-spacing: -.03em; color: var(--ink) }
.swagger-ui .info .title small { background: var(--tint) !important; color: var(--soft); border: 1px solid var(--line); vertical-align: middle; border-radius: 99px; top: 0 }
.swagger-ui .info .title small pre { color: var(--soft) !important; background: none; padding: 0; font: 500 .75rem ui-monospace, monospace }
.swagger-ui .info p, .swagger-ui .info li, .swagger-ui .markdown p, .swagger-ui .renderedMarkdown p { font: 1rem/1.6 system-ui, sans-serif; color: var(--ink); margin: .5rem 0 }
.swagger-ui .info h3 { font: 600 1.1rem system-ui, sans-serif; color: var(--ink); margin: 1.8rem 0 .3rem }
.swagger-ui a, .swagger-ui .info a { color: var(--link) }
.swagger-ui code, .swagger-ui .markdown code, .swagger-ui .renderedMarkdown code { font: .875em ui-monospace, monospace; color: var(--ink); background: var(--tint); border-radius: 4px; padding: .1em .35em }
.swagger-ui .info pre { background: #0d1117; border-radius: 8px; padding: 1rem 1.1rem; overflow-x: auto } .swagger-ui .info pre code { color: #e6edf3; background: none; padding: 0; white-space: pre; font-weight: 400 }
.swagger-ui .scheme-container { background: none; box-shadow: none; border-block: 1px solid var(--line); padding: .8rem 0; margin: 0 0 1rem }
.swagger-ui .opblock-tag { font: 600 1.25rem system-ui, sans-serif; color: var(--ink); border-bottom: 1px solid var(--line); display: grid; grid-template-columns: 1fr auto; padding: .9rem 0 }
.swagger-ui .opblock-tag small { grid-row: 2; padding: .25rem 0 0; font: .95rem/1.5 system-ui, sans-serif; color: var(--soft) } .swagger-ui .opblock-tag small p { color: var(--soft); font-size: .95rem; margin: 0 }
.swagger-ui .opblock { border-radius: 8px; border: 1px solid var(--line); background: var(--paper) !important; box-shadow: none; margin: 0 0 .5rem }
.swagger-ui .opblock .opblock-summary { border: 0; padding: .45rem .6rem } .swagger-ui .opblock.is-open .opblock-summary { border-bottom: 1px solid var(--line) }
.swagger-ui .opblock .opblock-summary-method { background: none; text-shadow: none; min-width: 4.4rem; font: 700 .8rem ui-monospace, monospace; padding: .3rem; text-align: left }
.swagger-ui .opblock-get .opblock-summary-method { color: var(--get) } .swagger-ui .opblock-post .opblock-summary-method { color: var(--post) } .swagger-ui .opblock-put .opblock-summary-method, .swagger-ui .opblock-patch .opblock-summary-method { color: var(--put) } .swagger-ui .opblock-delete .opblock-summary-method { color: var(--delete) }
.swagger-ui .opblock .opblock-summary-path { font: 500 .9rem ui-monospace, monospace; color: var(--ink); max-width: none; flex-shrink: 0 } .swagger-ui .opblock .opblock-summary-path a { color: var(--ink) }
.swagger-ui .opblock .opblock-summary-description { color: var(--soft); font: .9rem system-ui, sans-serif }
.swagger-ui .opblock .opblock-section-header { background: var(--tint); box-shadow: none } .swagger-ui .opblock .opblock-section-header h4, .swagger-ui table thead tr td, .swagger-ui table thead tr th, .swagger-ui .parameter__name, .swagger-ui .parameter__type, .swagger-ui .response-col_status, .swagger-ui .responses-inner h4, .swagger-ui .responses-inner h5, .swagger-ui .opblock-description-wrapper p, .swagger-ui .tab li, .swagger-ui label, .swagger-ui section.models h4, .swagger-ui .model, .swagger-ui .model-title { color: var(--ink) }
.swagger-ui .parameter__type, .swagger-ui .parameter__in, .swagger-ui .prop-format, .swagger-ui .response-col_links { color: var(--soft) }
.swagger-ui input[type=text], .swagger-ui input[type=password], .swagger-ui textarea, .swagger-ui select { background: var(--paper); color: var(--ink); border: 1px solid var(--line); box-shadow: none }
.swagger-ui .btn { color: var(--ink); border-color: var(--line); box-shadow: none } .swagger-ui .btn.authorize { color: var(--post); border-color: var(--post) } .swagger-ui .btn.execute { color: #fff }
.swagger-ui section.models { border: 1px solid var(--line) } .swagger-ui section.models .model-container { background: var(--tint) } .swagger-ui .dialog-ux .modal-ux { background: var(--paper); border-color: var(--line) } .swagger-ui .dialog-ux .modal-ux-header h3, .swagger-ui .dialog-ux .modal-ux-content p, .swagger-ui .dialog-ux .modal-ux-content h4 { color: var(--ink) }
.swagger-ui .filter .operation-filter-input { max-width: 24rem; border: 1px solid var(--line); border-radius: 8px; margin: 1rem 0 0 }
@media (prefers-color-scheme: dark) { :root { --ink: #e6edf3; --soft: #9198a1; --line: #30363d; --paper: #0d1117; --tint: #161b22; --link: #6cb6ff; --get: #6cb6ff; --post: #57c26b; --put: #d8a634; --patch: #d8a634; --delete: #ff7b72 } .swagger-ui svg:not(:root) { fill: var(--ink) } }
`;
