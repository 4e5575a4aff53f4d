const text = { type: ['null', 'string'] };
const readOnlyText = { ...text, readOnly: true };
const size = { type: ['null', 'integer'], readOnly: true };

/** What an image's document holds, for clients that make their models of it. */
export const imageSchema = {
  name: 'image',
  properties: {
    id: { type: 'string' },
    name: { ...text, maxLength: 255 },
    status: { type: 'string', readOnly: true, enum: ['queued', 'saving', 'active', 'deleted'] },
    visibility: { type: 'string', enum: ['community', 'public', 'private', 'shared'] },
    protected: { type: 'boolean' },
    os_hidden: { type: 'boolean' },
    checksum: readOnlyText,
    os_hash_algo: readOnlyText,
    os_hash_value: readOnlyText,
    owner: text,
    size,
    virtual_size: size,
    container_format: text,
    disk_format: text,
    created_at: { type: 'string', readOnly: true },
    updated_at: { type: 'string', readOnly: true },
    tags: { type: 'array', items: { type: 'string', maxLength: 255 } },
    self: { type: 'string', readOnly: true },
    file: { type: 'string', readOnly: true },
    schema: { type: 'string', readOnly: true },
    min_ram: { type: 'integer' },
    min_disk: { type: 'integer' },
  },
  additionalProperties: { type: 'string' },
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
