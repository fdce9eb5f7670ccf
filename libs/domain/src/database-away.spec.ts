import { QueryFailedError } from 'typeorm';
import { isDatabaseAway } from './database-away';

const coded = (code: string): Error => Object.assign(new Error('x'), { code });

it.each<[string, unknown]>([
  ...['57P01', '57P03', '08006', '53300', 'ECONNREFUSED', 'ECONNRESET', 'EPIPE', 'ETIMEDOUT'].map((code): [string, unknown] => [code, coded(code)]),
  ['a pool that is all in use', new Error('timeout exceeded when trying to connect')],
  ['a connection that took too long', new Error('timeout expired')],
  ['a connection that broke', new Error('Connection terminated unexpectedly')],
  ['a client that is no more', new Error('Client has encountered a connection error and is not queryable')],
  ['one that TypeORM wrapped', new QueryFailedError('SELECT 1', [], coded('57P03'))],
])('%s: away', (_, error) => {
  expect(isDatabaseAway(error)).toBe(true);
});

it.each<[string, unknown]>([['a rule that was broken', coded('23505')], ['a full disk', coded('53100')], ['a bug', new TypeError('undefined is not a function')], ['no error', 'gone'], ['nothing', null]])('%s: not', (_, error) => {
  expect(isDatabaseAway(error)).toBe(false);
});
