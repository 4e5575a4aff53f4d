/** A cloud that the contract is held against, and what only its owner can do. */
export interface Target {
  /** Identity v3 of a user who is a member of one project, both in the domain `Default`. */
  v3: { url: string; username: string; password: string; projectName: string; region: string };
  /** Rackspace-style Identity v2; of another cloud, where one cloud cannot speak both. */
  v2: { url: string; username: string; password: string; apiKey: string; tenantName: string };
  /** Changes what the user's project may have. */
  setQuota(quota: Partial<Quota>): Promise<void>;
}

/** Limits of a project, by their names in both clouds' tools. */
export interface Quota {
  instances: number;
  cores: number;
  /** MiB. */
  ram: number;
  key_pairs: number;
  server_groups: number;
  server_group_members: number;
  network: number;
  subnet: number;
  port: number;
}

/** What the project has when a case begins. */
export const usualQuota: Quota = {
  instances: 300,
  cores: 1200,
  ram: 1024 * 1024,
  key_pairs: 100,
  server_groups: 10,
  server_group_members: 10,
  network: 100,
  subnet: 100,
  port: 1000,
};
