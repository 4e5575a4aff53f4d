import type { FastifyRequest } from 'fastify';
import type { State } from './state.js';

/** Counts every request by method, service and shape of its route; the counts outlive the process. */
export class RequestCounts {
  constructor(private readonly state: State) {}

  count(request: FastifyRequest): void {
    const { service } = request.call;
    if (service === 'admin' || service === 'none') return;
    const suffix = isTempUrl(request) ? ' (temp url)' : '';
    const key = `${request.method} ${service} ${routeShape(request)}${suffix}`;
    this.state.transaction(() => {
      this.state.requestCounts.put(key, (this.state.requestCounts.get(key) ?? 0) + 1);
    });
  }

  all(): Record<string, number> {
    return Object.fromEntries(
      this.state.requestCounts.entries().map(({ key, value }) => [String(key), value]),
    );
  }

  reset(): void {
    this.state.transaction(() => {
      this.state.requestCounts.clear();
    });
  }
}

/** `/servers/{id}/action`: the route's path after the service's prefix, with names for ids. */
function routeShape(request: FastifyRequest): string {
  const { service, path } = request.call;
  if (service === 'object-store') return storageShape(path);
  const route = request.routeOptions.url;
  if (route === undefined) return '/{unknown}';
  const shape = route
    .replace(/^\/(identity\/v3|identity\/v2\.0|v2\.0|compute\/v2\.1|networking\/v2\.0)(?=\/|$)/, '')
    .replace(/^\/(image\/v2|identity|compute|networking|image)(?=\/|$)/, '')
    .replace(/:([A-Za-z]+)/g, '{$1}');
  return shape === '' ? '/' : shape;
}

function storageShape(path: string): string {
  const parts = path.split('/').slice(1);
  if (parts[0] === undefined || parts[0] === '') return '/';
  return parts.slice(1).join('/') === '' ? '/{container}' : '/{container}/{object}';
}

function isTempUrl(request: FastifyRequest): boolean {
  return request.call.service === 'object-store' && /[?&]temp_url_sig=/.test(request.url);
}
