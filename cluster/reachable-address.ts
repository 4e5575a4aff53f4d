import { contains, parseAddress, parseCidr } from './addressing.js';

/**
 * The address at which a machine is reached from outside its cloud: the public one, else any other outside the cloud
 * network (a floating one among them). On the cloud network only through a proxy: without one, the same address might
 * be anybody's here.
 *
 * @param addresses by network label, as the cloud shows them
 * @param cloudNetwork CIDR of the cloud network
 */
export function reachableAddress(
  addresses: Readonly<Record<string, readonly string[]>>,
  cloudNetwork: string,
  throughProxy: boolean,
): string | undefined {
  const range = parseCidr(cloudNetwork);
  const isOutside = (address: string): boolean => {
    const parsed = parseAddress(address);
    return parsed !== undefined && range !== undefined && !contains(range, parsed);
  };
  const all = [...(addresses.public ?? []), ...Object.values(addresses).flat()];
  return all.find(isOutside) ?? (throughProxy ? all[0] : undefined);
}
