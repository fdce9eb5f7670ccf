/** Every tool there is; the modes choose among them. */
export const TOOL_NAMES = ['read', 'ls', 'glob', 'grep', 'repo_map', 'edit', 'apply_patch', 'write', 'bash', 'todo', 'ask_user', 'add_finding', 'submit'] as const;
export type ToolName = (typeof TOOL_NAMES)[number];
