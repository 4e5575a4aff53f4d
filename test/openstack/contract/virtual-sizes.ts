import assert from 'node:assert/strict';
import type { Case } from './cloud.js';
import { activeImage, queuedImage, showImage, upload } from './image.js';
import type { Fields } from './networked.js';

const size = 5_000_192n;
const sectors = size / 512n;

/** Bytes with others at their places. */
function image(length: number, parts: Record<number, string | Buffer>): Buffer {
  const bytes = Buffer.alloc(length);
  for (const [at, part] of Object.entries(parts)) {
    bytes.set(typeof part === 'string' ? Buffer.from(part, 'latin1') : part, Number(at));
  }
  return bytes;
}

function little(value: bigint, bytes = 8): Buffer {
  const buffer = Buffer.alloc(8);
  buffer.writeBigUInt64LE(value);
  return buffer.subarray(0, bytes);
}

function big(value: bigint): Buffer {
  return little(value).reverse();
}

function vmdk(description: string, more: Record<number, Buffer> = {}): Buffer {
  return image(64 * 1024, {
    0: 'KDMV',
    4: little(1n, 4),
    12: little(sectors),
    28: little(1n),
    36: little(20n),
    512: `# Disk DescriptorFile\nversion=1\n${description}`,
    ...more,
  });
}

function vhdx(metadataGuid: string): Buffer {
  return image(1024 * 1024, {
    0: 'vhdxfile',
    [192 * 1024]: 'regi',
    [192 * 1024 + 8]: little(2n, 4),
    [192 * 1024 + 48]: Buffer.from('06a27c8b90479a4bb8fe575f050f886e', 'hex'),
    [192 * 1024 + 64]: little(512n * 1024n),
    [512 * 1024]: 'metadata',
    [512 * 1024 + 10]: little(2n, 2),
    [512 * 1024 + 64]: Buffer.from(metadataGuid, 'hex'),
    [512 * 1024 + 80]: little(128n * 1024n, 4),
    [512 * 1024 + 84]: little(8n, 4),
    [640 * 1024]: little(size),
  });
}

const qcow2 = image(1024, { 0: 'QFI\xfb', 4: big(2n).subarray(4), 24: big(size) });
const vhd = image(1024, { 0: 'conectix', 40: big(size) });
const vdi = image(1024, { 64: '\x7f\x10\xda\xbe', 368: little(size) });
const sizeGuid = '2442a52f1bcd7648b2115dbed83bf4b8';
const sparse = 'createType="monolithicSparse"\n';

const told: Record<string, [format: string, bytes: Buffer]> = {
  'a qcow2 image': ['qcow2', qcow2],
  'a vhd image': ['vhd', vhd],
  'a vdi image': ['vdi', vdi],
  'a vhdx image': ['vhdx', vhdx(sizeGuid)],
  'a vmdk image': ['vmdk', vmdk(sparse)],
  'a vmdk image for streams': ['vmdk', vmdk('createType="streamOptimized"\n')],
};

const untold: [fields: Fields, bytes: Buffer][] = [
  [{ disk_format: 'qcow2' }, vhd],
  [{ disk_format: 'qcow2' }, qcow2.subarray(0, 511)],
  [{ disk_format: 'qcow2', container_format: 'ovf' }, qcow2],
  [{ disk_format: 'raw', container_format: 'ova' }, vhd],
  [{ disk_format: 'iso' }, image(40_000, { 32769: 'CD001' })],
  [{ disk_format: 'ploop' }, vhd],
  [{ disk_format: 'vhd' }, vdi],
  [{ disk_format: 'vdi' }, vdi.subarray(0, 500)],
  [{ disk_format: 'vhdx' }, vhdx('00'.repeat(16))],
  [{ disk_format: 'vhdx' }, vhdx(sizeGuid).subarray(0, 600 * 1024)],
  [{ disk_format: 'vmdk' }, vmdk('createType="monolithicFlat"\n')],
  [{ disk_format: 'vmdk' }, vmdk(sparse, { 4: little(4n, 4) })],
  [{ disk_format: 'vmdk' }, vmdk(sparse, { 28: little(2n) })],
  [{ disk_format: 'vmdk' }, vmdk(sparse, { 56: Buffer.alloc(8, 0xff) })],
];

/** Sizes of the disks in images. */
export const virtualSizeCases: Case[] = [
  ...Object.entries(told).map(([name, [format, bytes]]): Case => ({
    name: `${name} tells the size of its disk`,
    run: async (cloud) => {
      const shown = await showImage(
        cloud,
        await activeImage(cloud, { disk_format: format }, bytes),
      );
      assert.deepEqual([shown.at('size'), shown.at('virtual_size')], [bytes.length, Number(size)]);
    },
  })),
  {
    name: 'an image of what it is not, of a container or of another format does not',
    run: async (cloud) => {
      for (const [fields, bytes] of untold) {
        const shown = await showImage(cloud, await activeImage(cloud, fields, bytes));
        assert.deepEqual(
          [shown.at('size'), shown.at('virtual_size')],
          [bytes.length, null],
          JSON.stringify(fields),
        );
      }
    },
  },
  {
    name: 'a vmdk image that does not say its kind is refused',
    run: async (cloud) => {
      const id = await queuedImage(cloud, { disk_format: 'vmdk' });
      (await upload(cloud, id, vmdk(''))).glance(400, 'subsection not found');
      assert.equal((await showImage(cloud, id)).at('status'), 'queued');
    },
  },
];
