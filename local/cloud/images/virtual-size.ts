import { WebobFault } from '../webob-fault.js';

/** Reads a part of an image; what lies behind its end is left out. */
export type ReadPart = (offset: number, length: number) => Promise<Buffer>;

const HEADER_BYTES = 512;
const SECTOR_BYTES = 512;

/** Tables of a VHDX image: their greatest size, and of their entries. */
const TABLE_BYTES = 64 * 1024;
const ENTRY_BYTES = 32;
const MAX_ENTRIES = 2047;

/** Sizes of disks, by disk format, as their headers tell; 0 where they do not. */
const SIZES: Record<string, (read: ReadPart) => Promise<bigint>> = {
  qcow2: (read) => fromHeader(read, 0, 'QFI\xfb', (header) => header.readBigUInt64BE(24)),
  vhd: (read) => fromHeader(read, 0, 'conectix', (header) => header.readBigUInt64BE(40)),
  vdi: (read) => fromHeader(read, 64, '\x7f\x10\xda\xbe', (header) => header.readBigUInt64LE(368)),
  vmdk: ofVmdk,
  vhdx: ofVhdx,
};

/** Size of the disk in an image, where Glance tells it: of some formats, in no container. */
export async function virtualSize(
  { diskFormat, containerFormat }: { diskFormat: string | null; containerFormat: string | null },
  bytes: number,
  read: ReadPart,
): Promise<number | null> {
  if (containerFormat !== 'bare' || diskFormat === null) return null;
  if (diskFormat === 'raw') return bytes || null;
  return Number((await SIZES[diskFormat]?.(read)) ?? 0) || null;
}

async function fromHeader(
  read: ReadPart,
  offset: number,
  magic: string,
  size: (header: Buffer) => bigint | Promise<bigint>,
): Promise<bigint> {
  const header = await read(0, HEADER_BYTES);
  if (header.length < HEADER_BYTES || !says(header, offset, magic)) return 0n;
  return size(header);
}

/** Of the kinds that are one file with its description right behind the header. Throws 400 for a description of none. */
function ofVmdk(read: ReadPart): Promise<bigint> {
  return fromHeader(read, 0, 'KDMV', async (header) => {
    const isKnown = [1, 2, 3].includes(header.readUInt32LE(4));
    const hasFooter = header.readBigUInt64LE(56) === 0xffff_ffff_ffff_ffffn;
    if (!isKnown || hasFooter || header.readBigUInt64LE(28) !== 1n) return 0n;
    const length = Math.min(Number(header.readBigUInt64LE(36)) * SECTOR_BYTES, 2 ** 20 - 1);
    const text = (await read(SECTOR_BYTES, length)).toString('latin1');
    if (text.length < length) return 0n;
    if (!text.includes('createType="')) throw new WebobFault(400, 'subsection not found');
    const [, type = ''] = /createType="([^"]*)"/.exec(text) ?? [];
    if (type !== 'monolithicSparse' && type !== 'streamOptimized') return 0n;
    return header.readBigUInt64LE(12) * BigInt(SECTOR_BYTES);
  });
}

/** A table of regions leads to that of the metadata, and this one to the size. */
async function ofVhdx(read: ReadPart): Promise<bigint> {
  if (!says(await read(0, 8), 0, 'vhdxfile')) return 0n;
  const regions = await read(3 * TABLE_BYTES, TABLE_BYTES);
  if (regions.length < TABLE_BYTES || !says(regions, 0, 'regi')) return 0n;
  const region = entry(
    regions,
    16,
    regions.readUInt32LE(8),
    '8B7CA206-4790-4B9A-B8FE-575F050F886E',
  );
  if (region === undefined) return 0n;
  const offset = Number(region.readBigUInt64LE(16));
  const metadata = await read(offset, TABLE_BYTES);
  if (metadata.length < ENTRY_BYTES || !says(metadata, 0, 'metadata')) return 0n;
  const item = entry(
    metadata,
    ENTRY_BYTES,
    metadata.readUInt16LE(10),
    '2FA54224-CD1B-4876-B211-5DBED83BF4B8',
  );
  if (item?.readUInt32LE(20) !== 8) return 0n;
  const size = await read(offset + item.readUInt32LE(16), 8);
  return size.length < 8 ? 0n : size.readBigUInt64LE(0);
}

/** The entry of a whole table that has this GUID. */
function entry(table: Buffer, first: number, count: number, guid: string): Buffer | undefined {
  if (count > MAX_ENTRIES || table.length < first + count * ENTRY_BYTES) return undefined;
  const wanted = guidBytes(guid);
  for (let at = first; at < first + count * ENTRY_BYTES; at += ENTRY_BYTES) {
    if (table.subarray(at, at + 16).equals(wanted)) return table.subarray(at, at + ENTRY_BYTES);
  }
  return undefined;
}

/** A GUID as Microsoft writes it: the first three groups with their last byte first. */
function guidBytes(guid: string): Buffer {
  const [a = '', b = '', c = '', ...rest] = guid.split('-');
  const reversed = [a, b, c].map((group) => Buffer.from(group, 'hex').reverse());
  return Buffer.concat([...reversed, Buffer.from(rest.join(''), 'hex')]);
}

function says(bytes: Buffer, offset: number, magic: string): boolean {
  return bytes.toString('latin1', offset, offset + magic.length) === magic;
}
