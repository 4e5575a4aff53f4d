import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';
import { fields, settings, type Setting } from '../../cluster/settings.js';
import { readSettings } from '../../cluster/spec-schema.js';

test('docs/configuration.md tells each setting as it is', async () => {
  const file = await readFile(new URL('../../docs/configuration.md', import.meta.url), 'utf8');
  // The formatter pads the cells.
  const text = file.replace(/ +/g, ' ');
  const { values } = readSettings(
    { environment: {} },
    {
      user: '$OS_USERNAME',
      defaultFlavors: { master: 'performance1-1', minion: 'performance1-2' },
    },
  );
  for (const field of fields) {
    const { environment, flag, about }: Setting = settings[field];
    const value = values.find((one) => one.field === field)?.value;
    const shown = value === undefined ? '' : [value].flat().map(asText).join(',');
    const code = (cell: string): string => (cell === '' ? '' : `\`${cell}\``);
    const row = `| ${code(field)} | ${code(environment ?? '')} | ${code(flag)} | ${code(shown)} | ${about} |`;
    assert.ok(text.includes(row.replace(/ +/g, ' ')), row);
  }
});

function asText(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}
