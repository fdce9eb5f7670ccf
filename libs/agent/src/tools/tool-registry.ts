import type { ToolSpec } from '@app/providers';
import { addFindingTool } from './add-finding.tool';
import { applyPatchTool } from './apply-patch.tool';
import { askUserTool } from './ask-user.tool';
import { bashTool } from './bash.tool';
import { editTool } from './edit.tool';
import { globTool } from './glob.tool';
import { grepTool } from './grep.tool';
import { lsTool } from './ls.tool';
import { readTool } from './read.tool';
import { repoMapTool } from './repo-map.tool';
import { submitTool } from './submit.tool';
import { todoTool } from './todo.tool';
import type { Tool } from './tool';
import type { ToolName } from './tool-name';
import { writeTool } from './write.tool';

/** Every tool; a name without one does not compile. */
export const TOOLS: Readonly<Record<ToolName, Tool>> = {
  read: readTool, ls: lsTool, glob: globTool, grep: grepTool, repo_map: repoMapTool, edit: editTool, apply_patch: applyPatchTool, write: writeTool, bash: bashTool, todo: todoTool, ask_user: askUserTool, add_finding: addFindingTool, submit: submitTool,
};

/** The tool of that name, however the model spelled it; null: there is none. */
export function findTool(name: string): Tool | null {
  return Object.hasOwn(TOOLS, name) ? TOOLS[name as ToolName] : null;
}

/** What is sent to the model about a tool. */
export function toolSpec(name: ToolName): ToolSpec {
  const { description, parameters } = TOOLS[name];
  return { name, description, parameters: parameters as unknown as ToolSpec['parameters'] };
}
