// The product's queue, and a handler that does what ours does first: it claims the attempt. Says when it began. The rest of a task is not the queue's.
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { __decorate, __metadata } from 'tslib';
import pg from 'pg';

const require = createRequire(join(process.cwd(), 'package.json'));
require('reflect-metadata');
const { Module, Injectable } = require('@nestjs/common');
const { NestFactory } = require('@nestjs/core');
const { loadConfig, Logger, ProcessModule } = require('./dist/libs/common/src/index.js');
const { DomainModule, TaskLifecycle, UnitOfWork } = require('./dist/libs/domain/src/index.js');
const { HandlesQueue, JobHandler, MessagingModule } = require('./dist/libs/messaging/src/index.js');

const heard = [];
const flush = () => {
  if (heard.length > 0) process.stdout.write(`${JSON.stringify({ started: heard.splice(0) })}\n`);
};
setInterval(flush, 50);

class Handler extends JobHandler {
  constructor(lifecycle, work) {
    super();
    Object.assign(this, { lifecycle, work });
  }

  async handle({ attemptId }) {
    const at = performance.timeOrigin + performance.now();
    const { kind } = await this.work.run((tx) => this.lifecycle.claim(tx, attemptId, 'bench'));
    heard.push([attemptId, at, kind]);
  }
}
const Handling = __decorate([HandlesQueue('attempt'), Injectable(), __metadata('design:paramtypes', [TaskLifecycle, UnitOfWork])], Handler);

const config = loadConfig();
class App {}
const Root = __decorate([Module({ imports: [ProcessModule.with(config, Logger.create('warn', 'bench')), DomainModule.forRoot('bench'), MessagingModule.forWorker()], providers: [Handling] })], App);
const app = await NestFactory.createApplicationContext(Root, { logger: ['error'] });
// Nothing listens; the address only says that it runs.
process.stdout.write(`${JSON.stringify({ url: 'http://127.0.0.1' })}\n`);
process.once('SIGTERM', () => void app.close().then(() => process.exit(0)));
