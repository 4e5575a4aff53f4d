import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer as createProxy } from 'node:http';
import { createServer } from 'node:https';
import type { IncomingMessage } from 'node:http';
import { connect, type AddressInfo } from 'node:net';
import { TLSSocket } from 'node:tls';
import { webcrypto } from 'node:crypto';
import 'reflect-metadata';
import {
  PemConverter,
  SubjectAlternativeNameExtension,
  X509CertificateGenerator,
} from '@peculiar/x509';
import type { Dependencies } from '../../activities/context.js';
import type { Server } from '../../cloud/port.js';
import { metadataKeys } from '../../cluster/names.js';
import type { ClusterSpec } from '../../cluster/spec.js';
import { clusterCa } from '../../home/certificates.js';

export const rootSecret = Buffer.alloc(32, 3);
const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };

/** One request as the API server saw it. */
export interface Asked {
  method: string;
  path: string;
  /** CN and O of the client's certificate. */
  client: string;
  body: unknown;
}

export interface TestApi {
  dependencies: Dependencies;
  spec: ClusterSpec;
  asked: Asked[];
  /** What is answered, by `METHOD path`; 404 where nothing is written down. */
  answers: Map<string, { status: number; body: string | object }>;
  close(): Promise<void>;
}

/**
 * An API server of a cluster, with a certificate of the cluster's CA (or of another root secret's) for the name
 * `kubernetes`, and a proxy on the way to it, for the master's address is none of this host's.
 */
export async function startApi(signedBy: Buffer = rootSecret): Promise<TestApi> {
  const asked: Asked[] = [];
  const answers: TestApi['answers'] = new Map();
  const ca = await clusterCa(rootSecret, 'c');
  const server = createServer(
    { ...(await servingCertificate(signedBy)), ca: ca.certificate, requestCert: true },
    (request, response) => {
      void read(request).then((body) => {
        assert.ok(request.socket instanceof TLSSocket);
        const { CN, O } = request.socket.getPeerCertificate().subject;
        const method = request.method ?? '';
        const path = decodeURIComponent(request.url ?? '');
        asked.push({ method, path, client: `${String(CN)}/${String(O)}`, body });
        const { status, body: answer } = answers.get(`${method} ${path}`) ?? {
          status: 404,
          body: { message: 'not found' },
        };
        response.writeHead(status);
        response.end(typeof answer === 'string' ? answer : JSON.stringify(answer));
      });
    },
  );
  const proxy = createProxy();
  proxy.on('connect', (_, client, head) => {
    const toServer = connect((server.address() as AddressInfo).port, '127.0.0.1', () => {
      client.write('HTTP/1.1 200 Connection established\r\n\r\n');
      toServer.write(head);
      toServer.pipe(client).pipe(toServer);
    });
    toServer.on('error', () => client.destroy());
    client.on('error', () => toServer.destroy());
  });
  await Promise.all([server, proxy].map((one) => once(one.listen(0, '127.0.0.1'), 'listening')));
  const { port } = proxy.address() as AddressInfo;
  return {
    asked,
    answers,
    spec: spec(),
    dependencies: {
      cloud: {
        compute: { listServers: () => Promise.resolve([master]) },
      } as unknown as Dependencies['cloud'],
      rootSecret,
      machineProxy: `http://127.0.0.1:${port}`,
    },
    close: async () => {
      server.closeAllConnections();
      await Promise.all([server, proxy].map((one) => once(one.close(), 'close')));
    },
  };
}

const master: Server = {
  id: 'm',
  name: 'c-master',
  status: 'ACTIVE',
  created: '2026-01-01T00:00:00Z',
  metadata: {
    [metadataKeys.cluster]: 'c',
    [metadataKeys.role]: 'master',
    [metadataKeys.index]: '0',
  },
  imageId: 'i',
  flavorId: 'f',
  addresses: { public: ['203.0.113.10'], 'c-pool-net': ['192.168.0.3'] },
  deleting: false,
};

function spec(): ClusterSpec {
  return {
    name: 'c',
    network: { label: 'c-pool-net', cidr: '192.168.0.0/24' },
    podNetwork: '10.240.0.0/16',
    portalNet: '10.0.0.0/16',
    dns: { enabled: true, serverIp: '10.0.0.10', domain: 'cluster.local', replicas: 1 },
    machineTimeoutSeconds: 600,
  } as ClusterSpec;
}

async function servingCertificate(root: Buffer): Promise<{ cert: string; key: string }> {
  const ca = await clusterCa(root, 'c');
  const { subtle } = webcrypto;
  const [pkcs8] = PemConverter.decode(ca.key);
  if (!pkcs8) throw new Error('the CA has no key');
  const signingKey = await subtle.importKey('pkcs8', pkcs8, algorithm, false, ['sign']);
  const keys = await subtle.generateKey(algorithm, true, ['sign', 'verify']);
  const certificate = await X509CertificateGenerator.create(
    {
      subject: 'CN=kube-apiserver',
      issuer: 'CN=kubeup CA of c',
      notBefore: new Date(Date.now() - 60_000),
      notAfter: new Date(Date.now() + 3_600_000),
      signingAlgorithm: algorithm,
      publicKey: keys.publicKey,
      signingKey,
      extensions: [new SubjectAlternativeNameExtension([{ type: 'dns', value: 'kubernetes' }])],
    },
    webcrypto,
  );
  const key = await subtle.exportKey('pkcs8', keys.privateKey);
  return {
    cert: certificate.toString('pem'),
    key: PemConverter.encode(key, PemConverter.PrivateKeyTag),
  };
}

async function read(request: IncomingMessage): Promise<unknown> {
  let text = '';
  for await (const chunk of request as AsyncIterable<Buffer>) text += chunk.toString();
  return text === '' ? undefined : JSON.parse(text);
}
