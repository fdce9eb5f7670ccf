// What a worker does with events and log lines, by the libraries' front doors.
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { __decorate } from 'tslib';

const require = createRequire(join(process.cwd(), 'package.json'));

export async function openProduct(services) {
  require('reflect-metadata');
  const { Module } = require('@nestjs/common');
  const { NestFactory } = require('@nestjs/core');
  const { DataSource } = require('typeorm');
  const { AppConfig, loadConfig, Logger, ProcessModule } = require('./dist/libs/common/src/index.js');
  const domain = require('./dist/libs/domain/src/index.js');
  const { MessagingModule, TaskEventBus } = require('./dist/libs/messaging/src/index.js');
  const { PATH, HOME } = process.env;
  const config = loadConfig({ PATH, HOME, NODE_ENV: 'production', ...services.settings });
  const Root = __decorate([Module({ imports: [ProcessModule.with(config, Logger.create('warn', 'bench')), domain.DomainModule.forRoot('bench'), MessagingModule.forProducer()] })], class App {});
  const app = await NestFactory.createApplicationContext(Root, { logger: ['error'] });
  services.onClose(() => app.close());
  const get = (token) => app.get(token, { strict: false });
  const [work, events, logs, bus, dataSource] = [domain.UnitOfWork, domain.TaskEventStore, domain.TaskLogStore, TaskEventBus, DataSource].map(get);
  const rows = (count) => Array.from({ length: count }, () => ({ type: 'tool.result', data: { callId: 'call_1', name: 'bash', isError: false, durationMs: 12, text: 'PASS src/retry.spec.ts' } }));
  return {
    config: AppConfig, dataSource, TaskLog: domain.TaskLog,
    append: (taskId, count) => work.run((tx) => events.append(tx, taskId, null, rows(count))),
    record: (taskId, all) => work.run((tx) => events.append(tx, taskId, null, all)),
    resume: (taskId) => work.run((tx) => events.readForResume(tx, taskId)),
    wake: (taskId) => bus.publishNews(taskId),
    log: (taskId, lines) => work.run((tx) => logs.append(tx, taskId, null, lines)),
  };
}
