import type { SetUpOutcome } from '../workspace/set-up/set-up';
import { failureOfSetUp, linesOfNetwork, linesOfSetUp } from './set-up-report';

const outcome = (more: Partial<SetUpOutcome> = {}, command: Partial<SetUpOutcome['command']> = {}): SetUpOutcome => ({
  command: { exitCode: 0, output: 'added 3 packages\n', outputBytes: 17, truncated: false, durationMs: 1_200, killed: null, ...command },
  network: [], refused: new Map(), cache: 'none', removed: [], ...more,
});

describe('what a task says about its set-up', () => {
  it('is its output, when there was nothing else', () => {
    expect(linesOfSetUp(outcome())).toEqual([{ level: 'info', source: 'setup', message: 'added 3 packages\n' }]);
    expect(linesOfSetUp(outcome({}, { output: '', exitCode: 1 }))).toEqual([{ level: 'error', source: 'setup', message: '(no output)' }]);
  });

  it('keeps the end of a long output, where errors stand', () => {
    const lines = linesOfSetUp(outcome({}, { output: `${'x'.repeat(200_000)}the error`, exitCode: 1 }));
    expect(lines.at(-1)?.message).toMatch(/xthe error$/);
    expect(lines.every(({ message }) => message.length <= 16_000)).toBe(true);
  });

  it('names requests, refused hosts, removed files and the cache', () => {
    const lines = linesOfSetUp(outcome({ network: ['registry.npmjs.org:443 allowed, 900 bytes sent, 5000 received'], refused: new Map([['evil.example:443', 'is not on the list of allowed hosts']]), removed: ['/workspace/home/.npmrc'], cache: 'used' }));
    expect(lines.slice(1).map(({ level, message }) => [level, message])).toEqual([
      ['info', 'Network:\nregistry.npmjs.org:443 allowed, 900 bytes sent, 5000 received'],
      ['warn', 'evil.example:443 is not on the list of allowed hosts. Set-up did not reach it.'],
      ['warn', expect.stringContaining('/workspace/home/.npmrc')],
      ['info', 'Set-up began with the dependencies of an earlier task.'],
    ]);
    expect(linesOfNetwork([], 'agent')).toEqual([]);
  });

  it('says why it failed, and what can be done', () => {
    expect(failureOfSetUp('npm ci', outcome({}, { exitCode: 7 }))).toBe('The set-up command "npm ci" ended with exit code 7. Its output is in the task\'s log.');
    expect(failureOfSetUp('npm ci', outcome({ refused: new Map([['git.example:443', 'no']]) }, { exitCode: 1 }))).toContain("It was refused git.example:443: an admin can allow hosts in the repository's settings (allowedHosts).");
    expect(failureOfSetUp('npm ci', outcome({}, { exitCode: null, killed: 'timeout' }))).toContain('was ended: it took too long.');
  });
});
