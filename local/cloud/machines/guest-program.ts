import { pathToFileURL } from 'node:url';

/** A simulated machine, as its guest program sees it. */
export interface GuestMachine {
  /** The user data, decoded. */
  userData: Buffer;
  /** What the config drive would hold in `meta_data.json`. */
  metaData: {
    uuid: string;
    name: string;
    hostname: string;
    meta: Record<string, string>;
    public_keys: Record<string, string>;
  };
  /** Addresses by network name. */
  addresses: Record<string, string[]>;
  /** Files injected at the creation (`personality`), decoded. */
  files: { path: string; contents: Buffer }[];
  /** Writes a line to the machine's console. */
  console(line: string): void;
  /** Aborted when the machine is stopped, rebooted or deleted, or the cloud shuts down. */
  signal: AbortSignal;
}

/** What a machine does when it boots. */
export type Boot = (machine: GuestMachine) => Promise<void>;

/**
 * Loads a guest program: an ES module that exports `boot`.
 * @throws when there is no such file or export
 */
export async function loadGuestProgram(file: string): Promise<Boot> {
  const module = (await import(pathToFileURL(file).href)) as { boot?: unknown };
  if (typeof module.boot !== 'function') {
    throw new Error(`The guest program ${file} exports no function named boot`);
  }
  return module.boot as Boot;
}
