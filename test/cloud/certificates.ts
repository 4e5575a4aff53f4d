import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';

/** A private CA and a server certificate of it, made by `openssl` for one test; the files go with it. */
export function makeCertificates(
  t: TestContext,
  subjectAltName: string,
): { caFile: string; key: string; cert: string } {
  const directory = mkdtempSync(join(tmpdir(), 'kubeup-certificates-'));
  t.after(() => rmSync(directory, { recursive: true }));
  const file = (name: string): string => join(directory, name);
  const openssl = (...args: string[]): void => {
    execFileSync('openssl', args, { stdio: ['ignore', 'ignore', 'pipe'] });
  };
  const request = [
    'req',
    '-x509',
    '-newkey',
    'ec',
    '-pkeyopt',
    'ec_paramgen_curve:P-256',
    '-nodes',
  ];
  openssl(
    ...[...request, '-days', '1', '-subj', '/CN=test CA'],
    ...['-addext', 'keyUsage=critical,keyCertSign'],
    ...['-keyout', file('ca.key'), '-out', file('ca.pem')],
  );
  openssl(
    ...[...request, '-days', '1', '-subj', '/CN=test server'],
    ...['-CA', file('ca.pem'), '-CAkey', file('ca.key')],
    ...['-addext', `subjectAltName=${subjectAltName}`, '-addext', 'basicConstraints=CA:FALSE'],
    ...['-keyout', file('server.key'), '-out', file('server.pem')],
  );
  return {
    caFile: file('ca.pem'),
    key: readFileSync(file('server.key'), 'utf8'),
    cert: readFileSync(file('server.pem'), 'utf8'),
  };
}
