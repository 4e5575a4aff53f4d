import { createRequire } from 'node:module';
import type { Account } from './account.js';

/**
 * pkgcloud 2.2.0, typed as far as it is used. It has no types of its own, and its release is pinned: the members
 * with an underscore are its extension points for providers, not a promise.
 */

/** The services kubeup asks things of, under their types in the service catalogue. */
export type ServiceType = 'compute' | 'network' | 'object-store';

export type Callback<T> = (error: unknown, value?: T) => void;

/** What `_request` takes. `uri` overrides the address that the client would compose of the other fields. */
export interface PkgcloudRequest {
  method?: string;
  path?: string;
  uri?: string;
  container?: string;
  qs?: Record<string, string | number>;
  headers?: Record<string, string>;
  body?: unknown;
}

/** What goes to the `request` library; functions in `before` may change it. */
export interface WireRequest {
  headers: Record<string, string>;
  json?: boolean;
  body?: unknown;
  method: string;
  ca?: string;
  encoding?: null;
  followRedirect?: boolean;
  pool?: object;
}

export interface WireResponse {
  statusCode: number;
  headers: Record<string, string | string[] | undefined>;
}

export interface PkgcloudClient {
  /** May change the request in place. */
  before: ((wire: WireRequest) => void)[];
  /** Where the token of each request is taken from. */
  _identity: { token: { id: string } };
  _serviceUrl: string | null;
  _isAuthorized(): boolean;
  _parseError(response: WireResponse, body: unknown): object | undefined;
  _request(
    request: PkgcloudRequest,
    callback: (error: unknown, body: unknown, response: WireResponse) => void,
  ): { abort(): void } | undefined;
}

interface ComputeClient extends PkgcloudClient {
  getServer(id: string, callback: Callback<{ original: unknown }>): void;
  createServer(
    details: {
      name: string;
      image: string;
      flavor: string;
      keyname: string;
      networks?: { uuid: string }[];
      metadata: Record<string, string>;
      /** Base64; with it the config drive is switched on. */
      cloudConfig: string;
    },
    callback: Callback<{ id: string }>,
  ): void;
  destroyServer(id: string, callback: Callback<unknown>): void;
  getImage(id: string, callback: Callback<{ id: string; name: string; status: string }>): void;
  getLimits(callback: Callback<unknown>): void;
  addKey(key: { name: string; public_key: string }, callback: Callback<unknown>): void;
}

interface NetworkClient extends PkgcloudClient {
  destroyNetwork(id: string, callback: Callback<unknown>): void;
  destroySubnet(id: string, callback: Callback<unknown>): void;
}

interface StorageClient extends PkgcloudClient {
  createContainer(
    container: { name: string; metadata: Record<string, string> },
    callback: Callback<unknown>,
  ): void;
  setTemporaryUrlKey(key: string, callback: Callback<unknown>): void;
}

export interface Clients {
  compute: ComputeClient;
  network: NetworkClient;
  'object-store': StorageClient;
}

/** No credential among them: pkgcloud is never let log in. */
interface ClientOptions {
  authUrl: string;
  region: string;
  strictSSL: true;
}

interface Provider {
  compute: { createClient(options: ClientOptions): ComputeClient };
  network: { createClient(options: ClientOptions): NetworkClient };
  storage: { createClient(options: ClientOptions): StorageClient };
}

const pkgcloud = createRequire(import.meta.url)('pkgcloud') as {
  providers: Record<Account['provider'], Provider>;
};

/** The clients of the account's provider. None of them logs in by itself: `Session` gives them its token. */
export function createClients({ provider, authUrl, region }: Account): Clients {
  const { compute, network, storage } = pkgcloud.providers[provider];
  // pkgcloud writes into the options it is given: each client gets its own.
  const options = (): ClientOptions => ({ authUrl, region, strictSSL: true });
  return {
    compute: compute.createClient(options()),
    network: network.createClient(options()),
    'object-store': storage.createClient(options()),
  };
}
