import { Controller, Get, Module, Post, Put } from '@nestjs/common';
import { DiscoveryModule } from '@nestjs/core';
import { Test } from '@nestjs/testing';
import { Policy, Public } from '../../auth/auth.decorators';
import { PolicyCheck } from './policy-check';
import { RouteTable } from './route-table';

@Controller('things')
class Declared {
  @Public() @Get() list(): void {}
  @Policy({ role: 'member' }) @Post(':id/parts') add(): void {}
  helper(): void {}
}

@Policy()
@Controller(['one', 'two'])
class OnTheClass {
  @Put() change(): void {}
}

@Controller('health')
class Forgotten {
  @Get('live') live(): void {}
}

async function boot(...controllers: (new () => object)[]) {
  @Module({ imports: [DiscoveryModule], controllers, providers: [RouteTable, PolicyCheck] })
  class Root {}
  const app = (await Test.createTestingModule({ imports: [Root] }).compile()).createNestApplication({ logger: false });
  await app.init();
  return app;
}

it('lets a server start whose routes all say who may call them', async () => {
  const app = await boot(Declared, OnTheClass);
  const table = app.get(RouteTable);
  expect(table.routes().map(({ method, path, policy }) => [method, path, policy])).toEqual([
    ['GET', '/api/v1/things', 'public'],
    ['POST', '/api/v1/things/:id/parts', { role: 'member' }],
    ['PUT', '/api/v1/one', {}],
    ['PUT', '/api/v1/two', {}],
  ]);
  expect(table.methodsOf('/api/v1/things')).toEqual(['GET', 'HEAD']);
  expect(table.methodsOf('/api/v1/things/7/parts/')).toEqual(['POST']);
  expect(table.methodsOf('/api/v1/things/7')).toEqual([]);
  await app.close();
});

it('stops the boot for a route that says nothing, and names it', async () => {
  await expect(boot(Declared, Forgotten)).rejects.toThrow('GET /health/live (Forgotten.live)');
});
