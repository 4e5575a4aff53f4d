// Exits 0 when node_modules holds what package-lock.json asks for.
import { readFileSync } from 'node:fs';

function packagesOf(file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8')).packages;
  } catch {
    return {};
  }
}

const present = packagesOf('node_modules/.package-lock.json');
const missing = Object.entries(packagesOf('package-lock.json')).filter(
  ([path, wanted]) =>
    path.includes('node_modules/') &&
    !wanted.optional &&
    !wanted.peer &&
    present[path]?.version !== wanted.version,
);
process.exitCode = missing.length === 0 ? 0 : 1;
