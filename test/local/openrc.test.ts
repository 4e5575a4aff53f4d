import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { it } from 'node:test';
import fc from 'fast-check';
import { openrc } from '../../local/openrc.js';

it('gives a shell exactly the values, whatever they hold', () => {
  const value = fc.string().filter((text) => !text.includes('\0'));
  fc.assert(
    fc.property(value, value, (password, project) => {
      const exports = openrc({ OS_PASSWORD: password, OS_PROJECT_NAME: project });
      const script = `${exports}printf '%s\\001%s' "$OS_PASSWORD" "$OS_PROJECT_NAME"`;
      const out = execFileSync('sh', ['-c', script], { encoding: 'utf8' });
      assert.equal(out, `${password}\u0001${project}`);
    }),
    { numRuns: 30 },
  );
});
