import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import fc from 'fast-check';
import { formatMachineEnv, parseMachineEnv } from '../../boot/machine-env.js';

const folder = mkdtempSync(join(tmpdir(), 'kubeup-test-'));
after(() => rmSync(folder, { recursive: true }));

/** Strings that a shell would like to read otherwise, among any others that a variable can hold. */
const value = fc
  .oneof(
    fc.string({ unit: 'binary' }),
    fc.string({ unit: 'grapheme' }),
    fc
      .array(
        fc.constantFrom(
          ...[
            "'",
            '"',
            '\\',
            '$',
            '`',
            '$(id)',
            '${HOME}',
            '\n',
            '\r',
            '!',
            '~',
            '*',
            '\\x41',
            "$'",
          ],
          ...[
            '\u0085',
            '\u2028',
            'é',
            '😀',
            '\u007f',
            '\u001b',
            '#',
            ';',
            '&',
            ' ',
            '\t',
            '=',
            'ab0',
          ],
        ),
      )
      .map((parts) => parts.join('')),
  )
  .filter((text) => !text.includes('\0') && Buffer.from(text).toString() === text);

function readWithBash(variables: Record<string, string>, locale: string): Record<string, string> {
  const file = join(folder, 'machine.env');
  writeFileSync(file, formatMachineEnv(variables));
  const names = Object.keys(variables);
  const output = execFileSync(
    'bash',
    ['-euc', '. "$1"; shift; for name; do printf "%s\\0" "${!name}"; done', 'bash', file, ...names],
    { env: { PATH: process.env.PATH, LC_ALL: locale } },
  ).toString();
  const values = output.split('\0');
  return Object.fromEntries(names.map((name, i) => [name, values[i] ?? '']));
}

for (const locale of ['C', 'C.UTF-8']) {
  test(`any value reaches bash unchanged in locale ${locale}`, () => {
    fc.assert(
      fc.property(fc.array(value, { minLength: 1, maxLength: 20 }), (values) => {
        const variables = Object.fromEntries(values.map((text, i) => [`V${i}`, text]));
        assert.deepEqual(readWithBash(variables, locale), variables);
      }),
    );
  });
}

test('any value comes back from parsing, and the file is printable ASCII', () => {
  fc.assert(
    fc.property(value, (text) => {
      const file = formatMachineEnv({ VALUE: text });
      assert.match(file, /^[ -~]*\n$/);
      assert.deepEqual(parseMachineEnv(file), { VALUE: text });
    }),
  );
});

test('what a shell variable cannot hold is refused', () => {
  assert.throws(() => formatMachineEnv({ VALUE: 'a\0b' }), RangeError);
  assert.throws(() => formatMachineEnv({ VALUE: '\ud800' }), RangeError);
  assert.throws(() => formatMachineEnv({ 'A;B': '' }), RangeError);
});

test('parsing takes no shell beyond what formatting writes, and its error shows no value', () => {
  for (const line of ['A=$(id)', 'A="b"', "A='b'; id", "A='b''c'", 'A=b', "export A='b'"]) {
    assert.throws(
      () => parseMachineEnv(`${line}\n`),
      (error: Error) => error instanceof RangeError && !error.message.includes('id'),
    );
  }
});
