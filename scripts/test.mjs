// Runs the tests under the given files and folders, by default all but the whole-process ones, and prints
// what failed. With KUBEUP_TEST_COUNTS=FILE the numbers go there as JSON {passed, failed, skipped}.
import { readdirSync, statSync, writeFileSync } from 'node:fs';
import { run } from 'node:test';
import { spec } from 'node:test/reporters';

/** Tests of whole processes: run alone, and only when they are asked for. */
const whole = [
  ...['test/durability', 'test/machines', 'test/kubernetes'],
  ...['test/openstack/real', 'test/tools'],
];
const asked = process.argv.slice(2);
const files = (asked.length > 0 ? asked : ['test', 'local/cloud/test']).flatMap(testsUnder).sort();
const isWhole = (name) => whole.some((folder) => name.startsWith(folder));
const wholeProcess = asked.some(isWhole);
const chosen = files.filter((file) => wholeProcess || !isWhole(file));

const counts = { passed: 0, failed: 0, skipped: 0 };
writeCounts();
const results = run({
  files: chosen,
  concurrency: wholeProcess ? 1 : 2,
  timeout: (wholeProcess ? 40 : 10) * 60_000,
});
results.on('test:pass', (event) => {
  if (event.details.type === 'suite') return;
  if (event.skip !== undefined || event.todo !== undefined) counts.skipped++;
  else counts.passed++;
});
results.on('test:fail', (event) => {
  process.exitCode = 1;
  if (event.details.type !== 'suite') counts.failed++;
});
process.once('exit', () => {
  writeCounts();
  const { passed, failed, skipped } = counts;
  process.stdout.write(`\n${passed} passed, ${failed} failed, ${skipped} skipped\n`);
});
results.compose(spec).pipe(process.stdout);

function testsUnder(name) {
  const stats = statSync(name, { throwIfNoEntry: false });
  if (!stats) return [];
  if (stats.isFile()) return [name];
  return readdirSync(name, { recursive: true })
    .filter((file) => file.endsWith('.test.ts') && !file.includes('node_modules'))
    .map((file) => `${name}/${file}`);
}

function writeCounts() {
  const file = process.env.KUBEUP_TEST_COUNTS;
  if (file) writeFileSync(file, JSON.stringify(counts));
}
