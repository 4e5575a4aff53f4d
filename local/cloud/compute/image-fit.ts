import type { FlavorRecord, ImageRecord } from '../records.js';
import { novaFault } from './faults.js';

/** Throws 400 for an image that nothing can be booted from yet, or any more. */
export function requireActive({ id, status }: ImageRecord): void {
  if (status !== 'active') throw novaFault(400, `Image ${id} is not active.`);
}

/** What an image asks of a flavor. */
type Needs = Pick<ImageRecord, 'minRamMiB' | 'minDiskGiB' | 'data'>;

/** Throws 400 for a flavor that is too small for an image. */
export function checkFit(flavor: FlavorRecord, image: Needs): void {
  if (flavor.ramMiB < image.minRamMiB) {
    throw novaFault(400, "Flavor's memory is too small for requested image.");
  }
  const gib = 1024 ** 3;
  const bytes = image.data?.bytes ?? 0;
  if (flavor.diskGiB !== 0 && bytes > flavor.diskGiB * gib) {
    throw novaFault(
      400,
      `Flavor's disk is too small for requested image. Flavor disk is ${flavor.diskGiB * gib} ` +
        `bytes, image is ${bytes} bytes.`,
    );
  }
  if (flavor.diskGiB !== 0 && image.minDiskGiB > flavor.diskGiB) {
    throw novaFault(
      400,
      "Flavor's disk is smaller than the minimum size specified in image metadata. " +
        `Flavor disk is ${flavor.diskGiB * gib} bytes, minimum size is ${image.minDiskGiB * gib} bytes.`,
    );
  }
}

/** The least disk of the flavors that a server can have later: a disk does not shrink. */
export function minDiskOf(flavor: FlavorRecord, image: Needs): number {
  return Math.max(flavor.diskGiB, image.minDiskGiB);
}
