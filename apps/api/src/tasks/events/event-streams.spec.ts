import { EventEmitter } from 'node:events';
import { AppError, FORBIDDEN } from '@app/common';
import type { TaskView } from '@app/domain';
import type { TaskEventFollower } from '@app/messaging';
import type { Response } from 'express';
import type { Principal } from '../../auth/principal';
import { EventStreams } from './event-streams';

const SECOND = 1_000;
const TASK = { id: 't', organizationId: 'o', status: 'running', lastEventSeq: '0' } as unknown as TaskView;

beforeEach(() => void jest.useFakeTimers());
afterEach(() => void jest.useRealTimers());

function open(check: () => Promise<void>, expiresAt: Date | null = null): { ended: jest.Mock; close: () => void } {
  const stopped = jest.fn();
  const response = new EventEmitter() as unknown as Response;
  const ended = jest.fn(() => void response.emit('close'));
  Object.assign(response, { req: { method: 'GET' }, socket: null, writeHead: () => response, write: () => true, end: ended });
  const streams = new EventStreams({ follow: () => stopped } as unknown as TaskEventFollower);
  streams.answer({ principal: { userId: 'u', expiresAt } as Principal, task: TASK, afterSeq: 0, check }, response);
  return { ended, close: () => void response.emit('close') };
}

it('asks twice a minute whether the caller may still read, and ends when not', async () => {
  const check = jest.fn(() => Promise.resolve());
  const { ended } = open(check);
  await jest.advanceTimersByTimeAsync(300 * SECOND);
  expect(check).toHaveBeenCalledTimes(10);
  expect(ended).not.toHaveBeenCalled();
  check.mockRejectedValue(new AppError(FORBIDDEN, 'no more'));
  await jest.advanceTimersByTimeAsync(30 * SECOND);
  expect(ended).toHaveBeenCalledTimes(1);
  expect(jest.getTimerCount()).toBe(0);
});

it('goes on while it cannot be known', async () => {
  const { ended, close } = open(() => Promise.reject(new Error('the database is away')));
  await jest.advanceTimersByTimeAsync(120 * SECOND);
  expect(ended).not.toHaveBeenCalled();
  close();
  expect(jest.getTimerCount()).toBe(0);
});

it.each([['soon', 7], ['in the past', -1]])('ends when the credential does: %s', async (_, seconds) => {
  const { ended } = open(() => Promise.resolve(), new Date(Date.now() + seconds * SECOND));
  await jest.advanceTimersByTimeAsync(Math.max(seconds, 0) * SECOND + 1);
  expect(ended).toHaveBeenCalledTimes(1);
});

it('has time for a credential of a year', async () => {
  const { ended, close } = open(() => Promise.resolve(), new Date(Date.now() + 365 * 86_400 * SECOND));
  await jest.advanceTimersByTimeAsync(60 * SECOND);
  expect(ended).not.toHaveBeenCalled();
  close();
});
