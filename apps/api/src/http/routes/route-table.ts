import { Injectable, RequestMethod } from '@nestjs/common';
import { DiscoveryService, MetadataScanner, Reflector } from '@nestjs/core';
import { type DeclaredPolicy, POLICY } from '../../auth/auth.decorators';
import type { OrganizationRole } from '../../auth/principal';
import { ORGANIZATION_ROLE } from '../../organizations/access/organization.guard';

export const API_PREFIX = '/api/v1';
/** Outside the prefix: probes and pages for people and tools. */
export const UNPREFIXED = ['health/live', 'health/ready', 'health/startup', 'metrics', 'version', 'problems', 'problems/:slug'];

const METHODS: Readonly<Partial<Record<RequestMethod, string>>> = {
  [RequestMethod.GET]: 'GET', [RequestMethod.POST]: 'POST', [RequestMethod.PUT]: 'PUT', [RequestMethod.PATCH]: 'PATCH', [RequestMethod.DELETE]: 'DELETE',
};

/** One route as Nest serves it. */
export interface Route {
  readonly method: string;
  /** With the prefix, parameters as `:name`. */
  readonly path: string;
  /** "TasksController.create", for messages. */
  readonly handler: string;
  readonly policy: DeclaredPolicy | undefined;
  /** Least role in the organization that the path names, or else in the one that the caller acts in. */
  readonly role: OrganizationRole | undefined;
}

/** All routes of all controllers, read from Nest itself, so that nothing that is served can be missing. */
@Injectable()
export class RouteTable {
  private cached: { route: Route; pattern: RegExp }[] | null = null;

  constructor(
    private readonly discovery: DiscoveryService,
    private readonly scanner: MetadataScanner,
    private readonly reflector: Reflector,
  ) {}

  routes(): Route[] {
    return this.entries().map(({ route }) => route);
  }

  /** Methods under which the path is served; empty when the path does not exist. */
  methodsOf(path: string): string[] {
    const methods = this.entries().filter(({ pattern }) => pattern.test(path)).map(({ route }) => route.method);
    return [...new Set(methods.includes('GET') ? [...methods, 'HEAD'] : methods)].sort();
  }

  find(method: string, path: string): Route | undefined {
    return this.entries().find(({ route, pattern }) => route.method === method && pattern.test(path))?.route;
  }

  private entries(): { route: Route; pattern: RegExp }[] {
    this.cached ??= this.discovery.getControllers().flatMap(({ metatype }) => (typeof metatype === 'function' ? this.ofController(metatype) : []));
    return this.cached;
  }

  private ofController(controller: { readonly name: string; readonly prototype: unknown }): { route: Route; pattern: RegExp }[] {
    const prototype = controller.prototype as Record<string, object>;
    return this.scanner.getAllMethodNames(prototype).flatMap((name) => {
      const handler = prototype[name] as () => unknown;
      const method = METHODS[Reflect.getMetadata('method', handler) as RequestMethod];
      if (method === undefined) return [];
      const policy = this.reflector.getAllAndOverride<DeclaredPolicy | undefined>(POLICY, [handler, controller as unknown as () => unknown]);
      const role = this.reflector.getAllAndOverride<OrganizationRole | undefined>(ORGANIZATION_ROLE, [handler, controller as unknown as () => unknown]) ?? (policy === 'public' ? undefined : policy?.role);
      return paths(Reflect.getMetadata('path', controller), Reflect.getMetadata('path', handler)).map((path) => {
        return { route: { method, path, handler: `${controller.name}.${name}`, policy, role }, pattern: toPattern(path) };
      });
    });
  }
}

function paths(ofController: unknown, ofHandler: unknown): string[] {
  return list(ofController).flatMap((first) =>
    list(ofHandler).map((second) => {
      const path = [first, second].flatMap((part) => part.split('/')).filter(Boolean).join('/');
      return UNPREFIXED.includes(path) ? `/${path}` : `${API_PREFIX}/${path}`;
    }),
  );
}

function list(path: unknown): string[] {
  return (Array.isArray(path) ? path : [path ?? '']) as string[];
}

function toPattern(path: string): RegExp {
  const parts = path.split('/').map((part) => (part.startsWith(':') ? '[^/]+' : part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')));
  return new RegExp(`^${parts.join('/')}/?$`, 'i');
}
