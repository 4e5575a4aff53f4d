/** The part of JSON Schema that Glance's schemas are written in. */
export interface Schema {
  type?: string | string[];
  description?: string;
  enum?: (string | null)[];
  pattern?: string;
  maxLength?: number;
  minLength?: number;
  items?: Schema;
  properties?: Record<string, Schema>;
  additionalProperties?: Schema | boolean;
  required?: string[];
  readOnly?: boolean;
  writeOnly?: boolean;
  is_base?: boolean;
}

const UUID =
  '^([0-9a-fA-F]){8}-([0-9a-fA-F]){4}-([0-9a-fA-F]){4}-([0-9a-fA-F]){4}-([0-9a-fA-F]){12}$';
const PROPERTY_KEYS =
  'as specified in https://docs.openstack.org/python-glanceclient/latest/cli/property-keys.html';

const maybeText = (description: string, more: Schema = {}): Schema => ({
  type: ['null', 'string'],
  description,
  ...more,
});
const digest = (description: string, maxLength: number): Schema => ({
  type: ['null', 'string'],
  readOnly: true,
  description,
  maxLength,
});
const told = (description: string, type: string | string[] = 'string'): Schema => ({
  type,
  readOnly: true,
  description,
});
const custom = (description: string, more: Schema = {}): Schema => ({
  description,
  type: 'string',
  ...more,
  is_base: false,
});

const CONTAINER_FORMATS = ['ami', 'ari', 'aki', 'bare', 'ovf', 'ova', 'docker', 'compressed'];
const DISK_FORMATS = ['ami', 'ari', 'aki', 'vhd', 'vhdx', 'vmdk', 'raw'].concat([
  'qcow2',
  'vdi',
  'iso',
  'ploop',
]);

const location: Schema = {
  type: 'object',
  properties: {
    url: { type: 'string', maxLength: 255 },
    metadata: { type: 'object' },
    validation_data: {
      description:
        'Values to be used to populate the corresponding image properties. If the image status ' +
        "is not 'queued', values must exactly match those already contained in the image " +
        'properties.',
      type: 'object',
      writeOnly: true,
      additionalProperties: false,
      properties: {
        checksum: { type: 'string', minLength: 32, maxLength: 32 },
        os_hash_algo: { type: 'string', maxLength: 64 },
        os_hash_value: { type: 'string', maxLength: 128 },
      },
      required: ['os_hash_algo', 'os_hash_value'],
    },
  },
  required: ['url', 'metadata'],
};

/** An image's own fields, and those properties that Glance's packages bring a description of. */
const imageProperties: Record<string, Schema> = {
  id: { type: 'string', description: 'An identifier for the image', pattern: UUID },
  name: maybeText('Descriptive name for the image', { maxLength: 255 }),
  status: {
    ...told('Status of the image'),
    enum: ['queued', 'saving', 'active', 'killed', 'deleted', 'uploading', 'importing'].concat([
      'pending_delete',
      'deactivated',
    ]),
  },
  visibility: {
    type: 'string',
    description: 'Scope of image accessibility',
    enum: ['community', 'public', 'private', 'shared'],
  },
  protected: { type: 'boolean', description: 'If true, image will not be deletable.' },
  os_hidden: {
    type: 'boolean',
    description: 'If true, image will not appear in default image list response.',
  },
  checksum: digest('md5 hash of image contents.', 32),
  os_hash_algo: digest('Algorithm to calculate the os_hash_value', 64),
  os_hash_value: digest(
    'Hexdigest of the image contents using the algorithm specified by the os_hash_algo',
    128,
  ),
  owner: maybeText('Owner of the image', { maxLength: 255 }),
  size: told('Size of image file in bytes', ['null', 'integer']),
  virtual_size: told('Virtual size of image in bytes', ['null', 'integer']),
  container_format: maybeText('Format of the container', { enum: [null, ...CONTAINER_FORMATS] }),
  disk_format: maybeText('Format of the disk', { enum: [null, ...DISK_FORMATS] }),
  created_at: told('Date and time of image registration'),
  updated_at: told('Date and time of the last image modification'),
  tags: {
    type: 'array',
    description: 'List of strings related to the image',
    items: { type: 'string', maxLength: 255 },
  },
  direct_url: told('URL to access the image file kept in external store'),
  min_ram: { type: 'integer', description: 'Amount of ram (in MB) required to boot image.' },
  min_disk: {
    type: 'integer',
    description: 'Amount of disk space (in GB) required to boot image.',
  },
  self: told('An image self url'),
  file: told('An image file url'),
  stores: told(
    'Store in which image data resides.  Only present when the operator has enabled multiple ' +
      'stores.  May be a comma-separated list of store identifiers.',
  ),
  schema: told('An image schema url'),
  locations: {
    type: 'array',
    items: location,
    description: 'A set of URLs to access the image file kept in external store',
  },
  kernel_id: custom(
    'ID of image stored in Glance that should be used as the kernel when booting an AMI-style image.',
    { type: ['null', 'string'], pattern: UUID },
  ),
  ramdisk_id: custom(
    'ID of image stored in Glance that should be used as the ramdisk when booting an AMI-style image.',
    { type: ['null', 'string'], pattern: UUID },
  ),
  instance_uuid: custom(
    'Metadata which can be used to record which instance this image is associated with. ' +
      '(Informational only, does not create an instance snapshot.)',
  ),
  architecture: custom(`Operating system architecture ${PROPERTY_KEYS}`),
  os_distro: custom(`Common name of operating system distribution ${PROPERTY_KEYS}`),
  os_version: custom('Operating system version as specified by the distributor.'),
  description: custom('A human-readable string describing this image.'),
  cinder_encryption_key_id: custom(
    'Identifier in the OpenStack Key Management Service for the encryption key for the Block ' +
      'Storage Service to use when mounting a volume created from this image',
  ),
  cinder_encryption_key_deletion_policy: custom(
    "States the condition under which the Image Service will delete the object associated with the 'cinder_encryption_key_id' image property.  If this property is missing, the Image Service will take no action",
    { enum: ['on_image_deletion', 'do_not_delete'] },
  ),
};

/** What an image's document holds, for clients that make their models of it. */
export const imageSchema = {
  name: 'image',
  properties: imageProperties,
  additionalProperties: { type: 'string' } satisfies Schema,
  links: [
    { rel: 'self', href: '{self}' },
    { rel: 'enclosure', href: '{file}' },
    { rel: 'describedby', href: '{schema}' },
  ],
};

/** What a list of images holds. */
export const imagesSchema = {
  name: 'images',
  properties: {
    images: { type: 'array', items: imageSchema },
    first: { type: 'string' },
    next: { type: 'string' },
    schema: { type: 'string' },
  },
  links: [
    { rel: 'first', href: '{first}' },
    { rel: 'next', href: '{next}' },
    { rel: 'describedby', href: '{schema}' },
  ],
};

/** What a member of an image is. */
export const memberSchema = {
  name: 'member',
  properties: {
    member_id: {
      type: 'string',
      description: 'An identifier for the image member (tenantId)',
    },
    image_id: { type: 'string', description: 'An identifier for the image', pattern: UUID },
    created_at: { type: 'string', description: 'Date and time of image member creation' },
    updated_at: {
      type: 'string',
      description: 'Date and time of last modification of image member',
    },
    status: {
      type: 'string',
      description: 'The status of this image member',
      enum: ['pending', 'accepted', 'rejected'],
    },
    schema: { readOnly: true, type: 'string' },
  },
};

/** What a list of members holds. */
export const membersSchema = {
  name: 'members',
  properties: {
    members: { type: 'array', items: memberSchema },
    schema: { type: 'string' },
  },
  links: [{ rel: 'describedby', href: '{schema}' }],
};
