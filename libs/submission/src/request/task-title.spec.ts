import { titleFrom } from './task-title';

it.each([
  ['Fix the bug', 'Fix the bug'],
  ['\n\n## **Fix** `add`  now\nmore', 'Fix add now'],
  ['---\n> Please help', 'Please help'],
  ['!!!', '!!!'],
  ['  \n\t', 'Task'],
  [`${'word '.repeat(40)}`, `${'word '.repeat(15).trim()}…`],
  ['x'.repeat(200), `${'x'.repeat(79)}…`],
  ['😀'.repeat(100), `${'😀'.repeat(79)}…`],
])('makes of %j the title %j', (prompt, title) => {
  expect(titleFrom(prompt)).toBe(title);
  expect([...title].length).toBeLessThanOrEqual(80);
});
