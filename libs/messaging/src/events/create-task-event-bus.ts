import type { AppConfig, Logger } from '@app/common';
import { PostgresTaskEventBus } from './postgres.task-event-bus';
import { RedisTaskEventBus } from './redis.task-event-bus';
import type { TaskEventBus } from './task-event-bus';

/** Redis when REDIS_URL is set, else LISTEN and NOTIFY. */
export function createTaskEventBus(config: AppConfig, logger: Logger): TaskEventBus {
  const { REDIS_URL, DATABASE_URL } = config.core;
  return REDIS_URL ? new RedisTaskEventBus(REDIS_URL, logger) : new PostgresTaskEventBus(DATABASE_URL, logger);
}
