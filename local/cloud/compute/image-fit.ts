import type { FlavorRecord, ImageRecord } from '../records.js';
import { novaFault } from './faults.js';

/** Throws 400 for a flavor that is too small for an image. */
export function checkFit(flavor: FlavorRecord, image: ImageRecord): void {
  if (flavor.ramMiB < image.minRamMiB) {
    throw novaFault(400, "Flavor's memory is too small for requested image.");
  }
  const gib = 1024 ** 3;
  if (flavor.diskGiB !== 0 && image.sizeBytes > flavor.diskGiB * gib) {
    throw novaFault(
      400,
      `Flavor's disk is too small for requested image. Flavor disk is ${flavor.diskGiB * gib} ` +
        `bytes, image is ${image.sizeBytes} bytes.`,
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
