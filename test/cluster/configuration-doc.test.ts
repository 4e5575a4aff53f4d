import assert from 'node:assert/strict';
import { readdir, readFile } from 'node:fs/promises';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { fields, settings, type Field, type Setting } from '../../cluster/settings.js';
import { readSettings } from '../../cluster/spec-schema.js';

const root = fileURLToPath(new URL('../..', import.meta.url));
const context = {
  user: '$OS_USERNAME',
  defaultFlavors: { master: 'performance1-1', minion: 'performance1-2' },
};

/** Defaults that are no single value, as the table words them. */
const worded: Partial<Record<Field, string>> = {
  image: '`Ubuntu 24.04`, on the local cloud `Debian 12`',
  minReadyMinions: 'the number of minions',
};

test('docs/configuration.md tells each setting as it is', async () => {
  // The formatter pads the cells.
  const text = (await read('docs/configuration.md')).replace(/ +/g, ' ');
  const { values } = readSettings({ environment: {} }, context);
  for (const field of fields) {
    const { environment, flag, about }: Setting = settings[field];
    const value = values.find((one) => one.field === field)?.value;
    const shown = value === undefined ? '' : [value].flat().map(asText).join(',');
    const code = (cell: string): string => (cell === '' ? '' : `\`${cell}\``);
    const byDefault = worded[field] ?? code(shown);
    const row = `| ${code(field)} | ${code(environment ?? '')} | ${code(flag)} | ${byDefault} | ${about} |`;
    assert.ok(text.includes(row.replace(/ +/g, ' ')), row);
  }
});

test('the defaults that are worded are what they are said to be', () => {
  // The local cloud's image: test/client/configuration.test.ts.
  const { settings: read } = readSettings({ environment: { RAX_NUM_MINIONS: '7' } }, context);
  assert.deepEqual([read.image, read.minReadyMinions], ['Ubuntu 24.04', 7]);
});

test('every variable that kubeup reads is told in the documentation', async () => {
  const told = await Promise.all(['configuration', 'service'].map((n) => read(`docs/${n}.md`)));
  // What machines are given is in their own environment, not in the user's.
  const folders = ['client', 'cloud', 'cluster', 'home', 'local', 'ssh', 'activities'];
  const sources = (
    await Promise.all(folders.map((folder) => readdir(root + folder, { recursive: true })))
  ).flatMap((names, n) => names.map((name) => `${folders[n]!}/${name}`));
  const files = ['client.ts', 'worker.ts', ...sources].filter(
    (name) => name.endsWith('.ts') && !name.startsWith('local/cloud/'),
  );
  const texts = await Promise.all(files.map(read));
  const names = texts.flatMap((source) => source.match(/\b(?:env\.|')KUBEUP_[A-Z_]+/g) ?? []);
  for (const name of new Set(names.map((match) => match.replace(/^.*?KUBEUP/, 'KUBEUP')))) {
    assert.ok(told.join().includes(`\`${name}`), name);
  }
  assert.ok(names.length > 10, String(names.length));
});

function read(name: string): Promise<string> {
  return readFile(root + name, 'utf8');
}

function asText(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}
