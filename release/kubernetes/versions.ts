/** What `kubeup release build` builds without being told otherwise; also what is tested. */
export const DEFAULT_KUBERNETES = 'v1.37.2';

/**
 * What a release carries beside Kubernetes, and the Go module each is built from. etcd is not among them: Kubernetes'
 * own go.mod names the version it was tested with.
 */
export const companions = {
  containerd: { module: 'github.com/containerd/containerd/v2', version: 'v2.4.2' },
  runc: { module: 'github.com/opencontainers/runc', version: 'v1.4.3' },
  cni: { module: 'github.com/containernetworking/plugins', version: 'v1.9.1' },
  coredns: { module: 'github.com/coredns/coredns', version: 'v1.15.0' },
} as const;

/** Images by the names that pods ask for; each is one static binary of the release. */
export const images = {
  pause: 'registry.k8s.io/pause:3.10.1',
  coredns: `registry.k8s.io/coredns/coredns:${companions.coredns.version}`,
  probe: 'kubeup.local/probe:1',
} as const;

/** The component names that a Kubernetes release must have, as files or links, in its `bin`. */
export const KUBERNETES_BINARIES = [
  'kube-apiserver',
  'kube-controller-manager',
  'kube-scheduler',
  'kubelet',
  'kube-proxy',
  'kubeadm',
  'kubectl',
] as const;
