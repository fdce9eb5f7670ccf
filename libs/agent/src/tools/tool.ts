import type { Clock } from '@app/common';
import type { Submission, TodoItem } from '../journal';
import type { ReviewDesk } from '../review/review-desk';
import type { TaskFacts } from '../task';
import type { OutputLimit } from '../text/shorten';
import type { Workspace } from '../workspace';
import type { ObjectSchema } from './argument-schema';
import type { FileVersions } from './file-versions';
import type { ToolName } from './tool-name';

/** What a tool may reach. */
export interface ToolContext {
  readonly workspace: Workspace;
  readonly task: TaskFacts;
  readonly versions: FileVersions;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** In mode pr_review. */
  readonly review?: ReviewDesk;
}

/** What a call means beyond its text: the todo list, or the end of the work. */
export type ToolEffect =
  | { readonly t: 'todo'; readonly items: readonly TodoItem[] }
  | { readonly t: 'submit'; readonly submission: Submission }
  | { readonly t: 'question'; readonly question: string };

export interface ToolReply {
  readonly text: string;
  readonly isError?: boolean;
  readonly effect?: ToolEffect;
}

/** A path that a call names, and what it is for. */
export interface PathUse {
  readonly path: string;
  readonly access: 'read' | 'write';
}

/** One tool. `pathArguments` names the arguments that are paths: the policy checks them before `run`. */
export interface Tool {
  readonly name: ToolName;
  readonly description: string;
  readonly parameters: ObjectSchema;
  /** Changes nothing: such calls of one turn run together. */
  readonly readOnly: boolean;
  readonly pathArguments: Readonly<Record<string, 'read' | 'write'>>;
  /** Paths inside of an argument, which the policy checks as well. */
  pathsIn(args: Readonly<Record<string, unknown>>): readonly PathUse[];
  readonly limit: OutputLimit;
  /** @throws {WorkspaceError} for what the model did wrong. */
  run(args: Readonly<Record<string, unknown>>, context: ToolContext): Promise<ToolReply>;
}

interface ToolDefinition<A> extends Omit<Tool, 'run' | 'pathArguments' | 'pathsIn' | 'limit'> {
  readonly pathArguments?: Tool['pathArguments'];
  readonly limit?: OutputLimit;
  pathsIn?(args: A): readonly PathUse[];
  run(args: A, context: ToolContext): Promise<ToolReply>;
}

const DEFAULT_LIMIT: OutputLimit = { characters: 30_000, headShare: 0.8 };

/** A tool whose `run` gets its arguments typed: they were checked against `parameters` before. */
export function defineTool<A>(definition: ToolDefinition<A>): Tool {
  const { pathArguments = {}, limit = DEFAULT_LIMIT } = definition;
  return {
    ...definition, pathArguments, limit,
    pathsIn: (args) => definition.pathsIn?.(args as A) ?? [],
    run: (args, context) => definition.run(args as A, context),
  };
}

/** An error that is the model's to mend. */
export function failure(text: string): ToolReply {
  return { text, isError: true };
}
