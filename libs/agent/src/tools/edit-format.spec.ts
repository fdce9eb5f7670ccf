import { MODES } from '../modes';
import { editFormatOf, toolsFor } from './edit-format';

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
    expect(toolsFor(MODES.code.tools, gpt)).toEqual(MODES.code.tools.map((name) => (name === 'edit' ? 'apply_patch' : name)));
    expect(toolsFor(MODES.code.tools, { model: 'claude', capabilities: {} })).toEqual(MODES.code.tools);
    expect(toolsFor(['edit', 'apply_patch', 'write'], gpt)).toEqual(['apply_patch', 'write']);
    expect(toolsFor(MODES.ask.tools, gpt)).toEqual(MODES.ask.tools);
  });
});
