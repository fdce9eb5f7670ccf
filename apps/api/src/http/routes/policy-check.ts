import { Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import { RouteTable } from './route-table';

/** Stops the boot when a route says neither who may call it nor that everyone may. */
@Injectable()
export class PolicyCheck implements OnApplicationBootstrap {
  constructor(private readonly routes: RouteTable) {}

  onApplicationBootstrap(): void {
    const open = this.routes.routes().filter((route) => route.policy === undefined);
    if (open.length === 0) return;
    const list = open.map((route) => `  - ${route.method} ${route.path} (${route.handler})`).join('\n');
    throw new Error(`These routes declare no policy; put @Policy() or @Public() on them:\n${list}`);
  }
}
