import assert from 'node:assert/strict';
import { readdir, readFile } from 'node:fs/promises';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** Failures, by what the sources call them. */
interface Reasons {
  all: Set<string>;
  /** Of those whose kind stands beside them. */
  kinds: (readonly [reason: string, kind: string])[];
}

test('docs/status.md names every phase, condition and reason, and no others', async () => {
  const rows = await rowsOfDocument();
  const { all } = await failuresInSources();
  const words = new Set([...(await wordsOfStatus()), ...(await wordsOfSteps()), ...all]);
  assert.deepEqual([...words].filter((word) => !rows.has(word)).sort(), [], 'not told');
  assert.deepEqual([...rows.keys()].filter((word) => !words.has(word)).sort(), [], 'told in vain');
  assert.ok(all.size > 50 && words.size > 90, `${all.size}, ${words.size}`);
});

test('docs/status.md tells the kind of each failure', async () => {
  const rows = await rowsOfDocument();
  const { kinds } = await failuresInSources();
  for (const [reason, kind] of kinds) {
    assert.ok(
      rows.get(reason)?.some((cells) => cells.includes(kind)),
      `${reason}: ${kind}`,
    );
  }
  assert.ok(kinds.length > 40, String(kinds.length));
});

/** The second cell of each row of a table by its first cell's word; a word may stand in several tables. */
async function rowsOfDocument(): Promise<Map<string, string[]>> {
  const rows = new Map<string, string[]>();
  for (const [, word, cell] of (await read('docs/status.md')).matchAll(
    /^\| `(\w+)` +\| (.*?) +\|/gm,
  )) {
    rows.set(word!, [...(rows.get(word!) ?? []), cell!]);
  }
  return rows;
}

/** Of the types of phases and conditions. */
async function wordsOfStatus(): Promise<string[]> {
  const text = await read('cluster/status.ts');
  const types = [...text.matchAll(/^export type (?:ConditionType|\w+Phase) =(.*?);$/gms)];
  assert.equal(types.length, 3);
  return types.flatMap(([, body]) => words(body!));
}

/** Reasons of conditions that did not fail. */
async function wordsOfSteps(): Promise<string[]> {
  const text = (await sources(['workflows'])).join('\n');
  const pattern =
    /(?:(?:underCondition|probed)\(board, [\w.']+, |doing: |\.set\(type, '\w+', |notAwaited = )('\w+')/g;
  return [...text.matchAll(pattern)].flatMap(([, word]) => words(word!));
}

async function failuresInSources(): Promise<Reasons> {
  const texts = await sources(['cloud', 'activities', 'workflows', 'cluster']);
  const all = new Set<string>();
  const kinds: Reasons['kinds'] = [];
  for (const text of texts) {
    for (const [, value] of text.matchAll(/\breason: (.*)/g)) {
      for (const word of words(value!)) all.add(word);
    }
    for (const [, kind, reason] of text.matchAll(/kind: '(\w+)',\s*reason: '(\w+)'/g)) {
      kinds.push([reason!, kind!]);
    }
    for (const [, reason] of text.matchAll(/\bblocked\(\s*'(\w+)'/g)) {
      all.add(reason!);
      kinds.push([reason!, 'blocked']);
    }
    // What Temporal itself ended.
    const [, body = ''] = /^function reasonOf\(.*?\{\n(.*?)^\}/ms.exec(text) ?? [];
    for (const word of words(body)) all.add(word);
  }
  return { all, kinds };
}

function words(code: string): string[] {
  return [...code.matchAll(/'([A-Z]\w+)'/g)].map(([, word]) => word!);
}

async function sources(folders: readonly string[]): Promise<string[]> {
  const names = await Promise.all(
    folders.map(async (folder) =>
      (await readdir(root + folder, { recursive: true })).map((name) => `${folder}/${name}`),
    ),
  );
  return Promise.all(
    names
      .flat()
      .filter((name) => name.endsWith('.ts'))
      .map(read),
  );
}

function read(name: string): Promise<string> {
  return readFile(root + name, 'utf8');
}
