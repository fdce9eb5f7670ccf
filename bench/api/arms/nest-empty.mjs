// An application of Nest with one route.
import 'reflect-metadata';
import { Controller, Get, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { __decorate } from 'tslib';

class Root {
  hello() {
    return { ok: true };
  }
}
__decorate([Get()], Root.prototype, 'hello', null);
const Controlled = __decorate([Controller()], Root);
const App = __decorate([Module({ controllers: [Controlled] })], class App {});

const app = await NestFactory.create(App, { logger: false });
await app.listen(0, '127.0.0.1');
process.stdout.write(`${JSON.stringify({ url: await app.getUrl() })}\n`);
