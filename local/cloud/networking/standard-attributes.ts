import { account } from '../account.js';
import type { Cloud } from '../cloud.js';
import { seededUuid } from '../ids.js';
import { isoSeconds } from '../time-format.js';
import type { AttributeMap, Json } from './attributes.js';
import { string } from './checks.js';
import type { Listed } from './listing.js';

/** Who owns a thing; never given but as one's own. */
export const ownership: AttributeMap = {
  tenant_id: { create: true, filter: true, sort: true },
  project_id: { create: true, filter: true, sort: true, extension: 'project-id' },
};

/** What (almost) every kind of thing has, where the cloud has these extensions. */
export const standardAttributes = {
  description: {
    create: true,
    update: true,
    default: '',
    check: string(255),
    filter: true,
    extension: 'standard-attr-description',
  },
  tags: { extension: 'standard-attr-tag' },
  created_at: { extension: 'standard-attr-timestamp' },
  updated_at: { extension: 'standard-attr-timestamp' },
  revision_number: {
    filter: true,
    extension: 'standard-attr-revisions',
  },
} satisfies AttributeMap;

/** Filters on standard attributes. */
export const standardFilters: Listed['filters'] = {
  tags: (values) => (document) => tagsIn(values).every((tag) => has(document, tag)),
  'tags-any': (values) => (document) => tagsIn(values).some((tag) => has(document, tag)),
  'not-tags': (values) => (document) => !tagsIn(values).every((tag) => has(document, tag)),
  'not-tags-any': (values) => (document) => !tagsIn(values).some((tag) => has(document, tag)),
};

interface StandardRecord {
  id: string;
  name: string;
  description: string;
  tags: string[];
  createdAt: number;
  updatedAt: number;
  revision: number;
}

/** The standard attributes of a thing as the API shows them. */
export function standardDocument(record: StandardRecord, projectId: string): Json {
  return {
    id: record.id,
    name: record.name,
    tenant_id: projectId,
    project_id: projectId,
    description: record.description,
    tags: record.tags,
    created_at: isoSeconds(record.createdAt),
    updated_at: isoSeconds(record.updatedAt),
    revision_number: record.revision,
  };
}

/** Those of a document's attributes that the cloud knows. */
export function shown(attributes: AttributeMap, document: Json): Json {
  return Object.fromEntries(
    Object.entries(document).filter(([attribute]) => attribute in attributes),
  );
}

/** The thing as of now, one revision later. */
export function revised<R extends StandardRecord>(record: R): R {
  return { ...record, updatedAt: Date.now(), revision: record.revision + 1 };
}

/** Whose a thing is: the project's, or that of those who run the cloud. */
export function ownerId(cloud: Cloud, own: boolean): string {
  if (own) return account(cloud.state).projectId;
  return cloud.profile.name === 'rackspace'
    ? 'rackspace'
    : seededUuid('operators').replaceAll('-', '');
}

function tagsIn(values: string[]): string[] {
  return values.flatMap((value) => value.split(','));
}

function has(document: Json, tag: string): boolean {
  return (document.tags as string[]).includes(tag);
}
