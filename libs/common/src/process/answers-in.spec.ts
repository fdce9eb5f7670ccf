import { answersIn } from './answers-in';

it.each([
  ['what is done', Promise.resolve(7), true],
  ['what fails', Promise.reject(new Error('away')), false],
  ['what never ends', new Promise(() => undefined), false],
])('knows %s', async (_, work, answers) => {
  expect(await answersIn(work, 20)).toBe(answers);
});

it('leaves no timer, and nobody hears of a failure that comes too late', async () => {
  jest.useFakeTimers();
  let fail: (error: Error) => void = () => undefined;
  const asked = answersIn(new Promise((_, reject) => (fail = reject)), 1_000);
  await jest.advanceTimersByTimeAsync(1_000);
  expect(await asked).toBe(false);
  fail(new Error('late'));
  expect(await answersIn(Promise.resolve(), 1_000)).toBe(true);
  expect(jest.getTimerCount()).toBe(0);
  jest.useRealTimers();
});
