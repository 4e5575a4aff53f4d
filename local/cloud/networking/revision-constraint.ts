import type { FastifyRequest } from 'fastify';
import type { Json } from './attributes.js';
import { badRequestOf, neutronFault } from './faults.js';

/**
 * Refuses what was asked about another revision: `If-Match: revision_number=7`.
 * @throws 412 when the thing has changed since
 */
export function requireRevision(request: FastifyRequest, document: Json): void {
  const tags = [...(request.headers['if-match'] ?? '').matchAll(/revision_number=([^",\s]*)/g)];
  const wanted = tags[0]?.[1];
  if (wanted === undefined) return;
  if (tags.length > 1) {
    throw badRequestOf('if-match', 'Multiple revision_number etags are not supported.');
  }
  if (!/^\d+$/.test(wanted)) {
    throw badRequestOf(
      'if-match',
      'Revision number etag must be in the format of revision_number=<int>',
    );
  }
  const current = document.revision_number;
  if (current === Number(wanted)) return;
  throw neutronFault(
    412,
    'RevisionNumberConstraintFailed',
    `Constrained to ${Number(wanted)}, but current revision is ${String(current)}`,
  );
}
