import { AtOnce } from './at-once';

it('lets so many run, and the others in turn, also after a failure', async () => {
  const slots = new AtOnce(2);
  let [running, most] = [0, 0];
  const work = async (n: number): Promise<number> => {
    most = Math.max(most, ++running);
    await new Promise((resolve) => setImmediate(resolve));
    running -= 1;
    if (n === 1) throw new Error('one fails');
    return n;
  };
  const ends = await Promise.allSettled([0, 1, 2, 3, 4].map((n) => slots.run(() => work(n))));
  expect(ends.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled', 'fulfilled', 'fulfilled']);
  expect([most, running]).toEqual([2, 0]);
});
