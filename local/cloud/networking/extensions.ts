import type { FastifyInstance } from 'fastify';
import type { Cloud } from '../cloud.js';
import { HttpFault } from '../fault-error.js';
import type { Profile } from '../profiles.js';
import { param } from '../query.js';
import { EXTENSIONS } from './extension-list.js';

/** An extension of the API, as the API tells of it. */
export interface Extension {
  name: string;
  alias: string;
  description: string;
  updated: string;
  links: [];
}

/** Of these, Rackspace's Cloud Networks had but a few. */
const RACKSPACE = ['quotas', 'security-group'];

/** What a cloud's Networking has beside the core. */
export function extensionsOf(profile: Profile): Extension[] {
  return EXTENSIONS.filter(
    ([alias]) => profile.standardAttributes || RACKSPACE.includes(alias),
  ).map(([alias, name, description, updated]) => ({
    name,
    alias,
    description,
    updated,
    links: [],
  }));
}

/** The aliases alone. */
export function extensionAliases(profile: Profile): Set<string> {
  return new Set(extensionsOf(profile).map(({ alias }) => alias));
}

/** The list of extensions, and each by its alias. */
export function extensionRoutes(app: FastifyInstance, { profile }: Cloud): void {
  app.get('/networking/v2.0/extensions', () => ({ extensions: extensionsOf(profile) }));
  app.get('/networking/v2.0/extensions/:alias', (request) => {
    const alias = param(request, 'alias');
    const extension = extensionsOf(profile).find((other) => other.alias === alias);
    if (extension !== undefined) return { extension };
    throw new HttpFault(404, notFoundPage(`Extension with alias ${alias} does not exist`));
  });
}

/** Neutron answers this one with a page. */
function notFoundPage(detail: string): string {
  return (
    '<html>\n <head>\n  <title>404 Not Found</title>\n </head>\n <body>\n' +
    '  <h1>404 Not Found</h1>\n  The resource could not be found.<br /><br />\n' +
    `${detail}\n\n\n </body>\n</html>`
  );
}
