import type { ToolName } from './tool-name';

/** Vendor ids of models that were trained on patches. Others fail up to half of them, and do better with `edit`. */
const PATCHING_MODELS = /(?:^|[/._:-])(?:chat)?(?:gpt|codex)-|(?:^|\/)o[1-9](?:-|$)/i;

/** A model as far as its way to edit goes. */
export interface EditingModel {
  /** The vendor's id. */
  readonly model: string;
  /** `editFormat`: "edit" or "apply_patch", where the model's row says it. */
  readonly capabilities: Readonly<Record<string, unknown>>;
}

/** How the model writes changes best: by what its row says, else by its family. */
export function editFormatOf({ model, capabilities }: EditingModel): 'edit' | 'apply_patch' {
  const { editFormat } = capabilities;
  if (editFormat === 'edit' || editFormat === 'apply_patch') return editFormat;
  return PATCHING_MODELS.test(model) ? 'apply_patch' : 'edit';
}

/**
 * The tools of a mode as this model gets them: one way to edit is offered, never both. The other one works as well, because another model
 * of the same task may have begun with it.
 */
export function toolsFor(tools: readonly ToolName[], model: EditingModel): { readonly tools: readonly ToolName[]; readonly offered: readonly ToolName[] } {
  const isEditing = tools.some((name) => name === 'edit' || name === 'apply_patch');
  const format = editFormatOf(model);
  const offered = tools.map((name) => (name === 'edit' || name === 'apply_patch' ? format : name));
  return { offered: unique(offered), tools: unique(isEditing ? [...tools, 'edit', 'apply_patch'] : tools) };
}

function unique(names: readonly ToolName[]): ToolName[] {
  return [...new Set(names)];
}
