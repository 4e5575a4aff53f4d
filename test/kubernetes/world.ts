import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { create, extract } from 'tar';
import { homePaths } from '../../home/paths.js';
import { MachinesWorld, run, type Ended } from '../machines/world.js';

/** A home whose machines are real, and a release with Kubernetes in it, built once for all tests. */
export class KubernetesWorld extends MachinesWorld {
  readonly release: string;
  private kubectlProgram = '';

  constructor() {
    super('test-kubernetes');
    this.release = path.join(this.home.releases, 'release.tar.gz');
  }

  override async begin(): Promise<void> {
    await super.begin();
    const from = Date.now();
    await this.done('release', 'build', '--out', this.release);
    console.log(`release built, or found built: ${seconds(from)} s`);
    await this.done('local', 'start', '--machines', 'linux');
  }

  /** `kubectl` of the release on the cluster of that name; it must succeed. @returns what it printed, trimmed */
  async kubectl(...args: string[]): Promise<string> {
    const { code, stdout, stderr } = await this.tryKubectl(...args);
    if (code !== 0) throw new Error(`kubectl ${args.join(' ')}: ${code}\n${stdout}\n${stderr}`);
    return stdout.trim();
  }

  async tryKubectl(...args: string[]): Promise<Ended> {
    if (!this.kubectlProgram) {
      // Unpacks the program and writes the kubeconfig; from here on without the detour.
      await this.done('kubectl', '--', 'version', '--client');
      const folder = path.join(homePaths(process.env).cache, 'kubectl');
      const { sha256 } = JSON.parse(
        await this.done('release', 'verify', this.release, '--json'),
      ) as { sha256: string };
      this.kubectlProgram = path.join(folder, sha256.slice(0, 12), 'bin/kubectl');
    }
    return run(this.kubectlProgram, args, { ...process.env, KUBECONFIG: this.kubeconfig });
  }

  get kubeconfig(): string {
    return path.join(this.home.root, 'kubeconfigs', 'kubernetes.yaml');
  }

  /** Names of the pods of the sample application, by minion. */
  async pods(): Promise<{ name: string; node: string; address: string }[]> {
    const template =
      '{range .items[*]}{.metadata.name} {.spec.nodeName} {.status.podIP}{"\\n"}{end}';
    const text = await this.kubectl(
      ...['get', 'pods', '--selector=app=who', '--field-selector=status.phase=Running'],
      ...['--sort-by=.spec.nodeName', `--output=jsonpath=${template}`],
    );
    return text.split('\n').map((line) => {
      const [name = '', node = '', address = ''] = line.split(' ');
      return { name, node, address };
    });
  }

  /** What URLs answer a pod, one line each. */
  ask(pod: string, ...urls: string[]): Promise<string> {
    return this.kubectl('exec', pod, '--', '/probe', ...urls);
  }

  /** The release with one of its files changed: a release of its own. */
  async changedRelease(file: string, change: (text: string) => string): Promise<string> {
    const folder = await mkdtemp(path.join(this.home.root, 'changed-'));
    await extract({ file: this.release, cwd: folder });
    const changed = path.join(folder, file);
    const before = await readFile(changed, 'utf8');
    const after = change(before);
    if (after === before) throw new Error(`${file} was not changed`);
    await writeFile(changed, after);
    const out = `${folder}.tar.gz`;
    await create({ file: out, cwd: folder, gzip: { level: 1 } }, ['.']);
    await rm(folder, { recursive: true });
    return out;
  }

  /** The first half of the release. */
  async truncatedRelease(): Promise<string> {
    const out = path.join(this.home.root, 'truncated.tar.gz');
    const whole = await readFile(this.release);
    await writeFile(out, whole.subarray(0, whole.length / 2));
    return out;
  }

  /** Looks again until it is so. */
  async until(what: string, look: () => Promise<boolean>, within = 120): Promise<void> {
    const deadline = Date.now() + within * 1000;
    while (!(await look().catch(() => false))) {
      if (Date.now() > deadline) throw new Error(`${what}: not within ${within} s`);
      await sleep(500);
    }
  }
}

export function seconds(from: number): string {
  return ((Date.now() - from) / 1000).toFixed(1);
}
