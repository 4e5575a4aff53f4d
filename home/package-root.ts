import { existsSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

/**
 * The folder that holds kubeup's package.json: the same from the sources and from the compiled `dist`.
 * What is shipped as it is (start scripts, compiled programs) is found from there.
 */
export function packageRoot(): string {
  let folder = path.dirname(fileURLToPath(import.meta.url));
  while (!existsSync(path.join(folder, 'package.json'))) folder = path.dirname(folder);
  return folder;
}

/** Path of a file that is shipped beside the code rather than compiled, e.g. `boot/masterStart.sh`. */
export function packageFile(file: string): string {
  return path.join(packageRoot(), file);
}
