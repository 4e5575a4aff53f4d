import { MAX_DELETES, MAX_FAILED_DELETES } from './bulk-delete.js';
import { STORAGE_POLICY, MAX_CONTAINER_NAME } from './container-requests.js';
import { LISTING_LIMIT } from './listing.js';
import { MAX_MANIFEST_BYTES, MAX_SEGMENTS } from './manifest.js';
import { limits } from './metadata.js';
import { DIGESTS, METHODS } from './temp-url.js';
import { MAX_FILE_BYTES, MAX_OBJECT_NAME } from './upload.js';

/** What this Object Storage can do, in the shape of Swift's `/info`. */
export function info(): Record<string, unknown> {
  return {
    swift: {
      version: '2.30.1',
      strict_cors_mode: true,
      policies: [{ name: STORAGE_POLICY, aliases: STORAGE_POLICY, default: true }],
      allow_account_management: false,
      account_autocreate: true,
      max_file_size: MAX_FILE_BYTES,
      max_meta_name_length: limits.nameLength,
      max_meta_value_length: limits.valueLength,
      max_meta_count: limits.count,
      max_meta_overall_size: limits.overallSize,
      max_header_size: limits.headerSize,
      max_object_name_length: MAX_OBJECT_NAME,
      container_listing_limit: LISTING_LIMIT,
      account_listing_limit: LISTING_LIMIT,
      max_account_name_length: 256,
      max_container_name_length: MAX_CONTAINER_NAME,
      extra_header_count: 0,
    },
    slo: {
      max_manifest_segments: MAX_SEGMENTS,
      max_manifest_size: MAX_MANIFEST_BYTES,
      yield_frequency: 10,
      min_segment_size: 1,
      allow_async_delete: false,
    },
    account_quotas: {},
    container_quotas: {},
    tempurl: {
      methods: METHODS,
      incoming_remove_headers: ['x-timestamp'],
      incoming_allow_headers: [],
      outgoing_remove_headers: ['x-object-meta-*'],
      outgoing_allow_headers: ['x-object-meta-public-*'],
      allowed_digests: DIGESTS,
      deprecated_digests: ['sha1'],
    },
    bulk_delete: {
      max_deletes_per_request: MAX_DELETES,
      max_failed_deletes: MAX_FAILED_DELETES,
    },
  };
}
