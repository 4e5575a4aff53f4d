import { createHash } from 'node:crypto';
import { readdir, readFile, rename, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { bundleWorkflowCode } from '@temporalio/worker';
import { packageRoot } from './home/package-root.js';

/**
 * Bundles the compiled workflows into `dist/workflow-bundle.js`, which workers run: last step of the build.
 * Does nothing when the bundle was made of the same code by the same libraries.
 */
async function bundleWorkflows(): Promise<void> {
  const root = packageRoot();
  const bundle = path.join(root, 'dist/workflow-bundle.js');
  const made = `// made of ${await sourcesHash(root)}\n`;
  const present = await readFile(bundle, 'utf8').catch(() => '');
  if (present.startsWith(made)) return;
  const { code } = await bundleWorkflowCode({
    workflowsPath: path.join(root, 'dist/workflows/index.js'),
    logger: {
      log: () => undefined,
      trace: () => undefined,
      debug: () => undefined,
      info: () => undefined,
      warn: (message) => void process.stderr.write(`${message}\n`),
      error: (message) => void process.stderr.write(`${message}\n`),
    },
  });
  const draft = `${bundle}.${process.pid}`;
  await writeFile(draft, made + code);
  await rename(draft, bundle);
}

/** Workflows import nothing of kubeup but themselves and the domain; their libraries are pinned by the lock file. */
async function sourcesHash(root: string): Promise<string> {
  const hash = createHash('sha256');
  for (const folder of ['dist/workflows', 'dist/cluster']) {
    const files = (await readdir(path.join(root, folder))).filter((file) => file.endsWith('.js'));
    for (const file of files.sort()) {
      hash.update(`${folder}/${file}\0`).update(await readFile(path.join(root, folder, file)));
    }
  }
  for (const file of ['package.json', 'package-lock.json']) {
    hash.update(await readFile(path.join(root, file)).catch(() => ''));
  }
  return hash.digest('hex');
}

await bundleWorkflows();
