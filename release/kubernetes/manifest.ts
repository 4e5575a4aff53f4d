import { z } from 'zod';

const component = z.object({ version: z.string(), source: z.string() });

/** `manifest.json` of a Kubernetes release: what it holds. The machines read architecture and versions from it. */
export const manifestSchema = z.object({
  name: z.literal('kubernetes'),
  /** Of Kubernetes, e.g. `v1.37.2`. */
  version: z.string(),
  /** In Go's words. */
  arch: z.enum(['amd64', 'arm64']),
  components: z.record(z.string(), component),
  /** Image archives in `images/`, by the image's name. */
  images: z.record(z.string(), z.string()),
  /** Lower-case hex sha256 of every other file. */
  files: z.record(z.string(), z.string()),
});

export type KubernetesManifest = z.infer<typeof manifestSchema>;
