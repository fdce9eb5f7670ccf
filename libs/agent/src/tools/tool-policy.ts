import type { CallPart, ToolSpec } from '@app/providers';
import { argumentFaults, isRecord, withoutNulls } from './argument-schema';
import { checkPath, whyNotWritable, type PathCheck, type WriteRules } from './path-rules';
import type { PathUse, Tool } from './tool';
import { findTool, toolSpec } from './tool-registry';
import type { ToolName } from './tool-name';

/** What a mode lets its tools do. */
export interface PolicyRules extends WriteRules {
  readonly slug: string;
  readonly tools: readonly ToolName[];
  /** Those that are offered; absent: all. */
  readonly offered?: readonly ToolName[];
}

/** A call that may run, with its arguments checked and its paths in the workspace's form; or why not, in words for the model. */
export type PolicyVerdict = { readonly allowed: true; readonly tool: Tool; readonly args: Readonly<Record<string, unknown>> } | { readonly allowed: false; readonly reason: string };

/** Who may call what: asked when the tools are listed and again for every call, because a model may call what was never offered. */
export class ToolPolicy {
  constructor(private readonly rules: PolicyRules) {}

  /** The tools to offer, always in the same order. */
  specs(): ToolSpec[] {
    return this.#offered.map((name) => toolSpec(name));
  }

  check(call: CallPart): PolicyVerdict {
    const tool = findTool(call.name);
    if (tool === null || !this.rules.tools.includes(tool.name)) return denied(`There is no tool "${call.name}" in mode ${this.rules.slug}. Tools: ${this.#offered.join(', ')}.`);
    if (call.argsError !== undefined) return denied(`The arguments of ${tool.name} are not valid JSON: ${call.argsError}. Send them again, shorter if they were cut off.`);
    const faults = argumentFaults(tool.parameters, call.args);
    if (faults.length > 0 || !isRecord(call.args)) return denied(`Wrong arguments for ${tool.name}: ${faults.slice(0, 5).join('; ')}.`);
    return this.#withPaths(tool, withoutNulls(call.args));
  }

  get #offered(): readonly ToolName[] {
    return this.rules.offered ?? this.rules.tools;
  }

  #withPaths(tool: Tool, args: Readonly<Record<string, unknown>>): PolicyVerdict {
    const checked: Record<string, unknown> = { ...args };
    for (const [name, access] of Object.entries(tool.pathArguments)) {
      const given = args[name];
      if (typeof given !== 'string') continue;
      const use = this.#checkUse({ path: given, access });
      if (!use.ok) return denied(`Refused: ${use.reason}.`);
      checked[name] = use.path;
    }
    for (const inside of tool.pathsIn(args)) {
      const use = this.#checkUse(inside);
      if (!use.ok) return denied(`Refused: ${use.reason}.`);
    }
    return { allowed: true, tool, args: checked };
  }

  #checkUse({ path, access }: PathUse): PathCheck {
    const checked = checkPath(path);
    const why = checked.ok && access === 'write' ? whyNotWritable(checked.path, this.rules) : null;
    return why === null ? checked : { ok: false, reason: why };
  }
}

function denied(reason: string): PolicyVerdict {
  return { allowed: false, reason };
}
