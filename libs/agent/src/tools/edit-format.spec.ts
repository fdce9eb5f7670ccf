import { MODES } from '../modes';
import { editFormatOf, toolsFor } from './edit-format';
import { ToolPolicy } from './tool-policy';

describe('the way a model edits', () => {
  it.each([
    ['gpt-6.1-terra', 'apply_patch'], ['openai/gpt-5.2', 'apply_patch'], ['gpt-oss-120b', 'apply_patch'], ['codex-mini-latest', 'apply_patch'], ['o3', 'apply_patch'], ['o4-mini', 'apply_patch'], ['openai/o3-pro', 'apply_patch'],
    ['claude-sonnet-5-5', 'edit'], ['gemini-4-argon', 'edit'], ['llama-5', 'edit'], ['qwen3-coder:30b', 'edit'], ['not-gpt', 'edit'], ['olmo-2', 'edit'], ['mygpt', 'edit'],
  ])('%s: %s', (model, format) => {
    expect(editFormatOf({ model, capabilities: {} })).toBe(format);
  });

  it('is what its row says, where it says it', () => {
    expect(editFormatOf({ model: 'gpt-6', capabilities: { editFormat: 'edit' } })).toBe('edit');
    expect(editFormatOf({ model: 'local', capabilities: { editFormat: 'apply_patch' } })).toBe('apply_patch');
    expect(editFormatOf({ model: 'local', capabilities: { editFormat: 'whole' } })).toBe('edit');
  });

  it('is one of two, in the place of the mode\'s own, and none where nothing is edited', () => {
    const gpt = { model: 'gpt-6', capabilities: {} };
    expect(toolsFor(MODES.code.tools, gpt).offered).toEqual(MODES.code.tools.map((name) => (name === 'edit' ? 'apply_patch' : name)));
    expect(toolsFor(MODES.code.tools, { model: 'claude', capabilities: {} }).offered).toEqual(MODES.code.tools);
    expect(toolsFor(['edit', 'apply_patch', 'write'], gpt).offered).toEqual(['apply_patch', 'write']);
    expect(toolsFor(MODES.ask.tools, gpt)).toEqual({ offered: MODES.ask.tools, tools: MODES.ask.tools });
  });

  it('that is not offered works where files may be edited, and nowhere else', () => {
    const edit = (mode: 'code' | 'ask', name: string, args: unknown): boolean =>
      new ToolPolicy({ ...MODES[mode], ...toolsFor(MODES[mode].tools, { model: 'gpt-6', capabilities: {} }), allowCiFiles: false }).check({ t: 'call', id: 'c', name, args }).allowed;
    expect(edit('code', 'edit', { path: 'a', old: 'b', new: 'c' })).toBe(true);
    expect(edit('code', 'apply_patch', { input: '*** Begin Patch' })).toBe(true);
    expect(edit('ask', 'edit', { path: 'a', old: 'b', new: 'c' })).toBe(false);
    expect(edit('ask', 'apply_patch', { input: '*** Begin Patch' })).toBe(false);
  });
});
