import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';
import { parse } from 'yaml';
import { accountVariables } from '../../cloud/account-settings.js';

test("docker-compose.yml gives the worker whatever may name its account, and the machines' proxy", async () => {
  const text = await readFile(new URL('../../docker-compose.yml', import.meta.url), 'utf8');
  const { worker } = (
    parse(text) as { services: { worker: { environment: Record<string, string | null> } } }
  ).services;
  const given = Object.keys(worker.environment);
  for (const name of [...accountVariables, 'KUBEUP_MACHINE_PROXY', 'KUBEUP_ROOT_SECRET']) {
    assert.ok(given.includes(name), name);
  }
});
