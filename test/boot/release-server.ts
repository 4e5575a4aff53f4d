import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { parseReportContentType } from '../../boot/report.js';

/** How one download is answered; a download beyond the list gets the whole release. */
export type DownloadAnswer =
  | { status: number }
  /** The connection breaks after so many bytes of the body. */
  | { breakAfter: number }
  /** Ranges are not heard. */
  | 'no ranges';

/** An object store as a machine sees it: one release to GET, one mailbox to PUT. */
export interface ReleaseServer {
  releaseUrl: string;
  reportUrl: string;
  /** State and body of each report that was taken, in order. */
  reports: { state: string | undefined; body: string }[];
  /** The Range header of each download, `''` without one. */
  downloads: string[];
  /** The next downloads' answers. */
  answers: DownloadAnswer[];
  /** Status of the next reports' answers; 201 beyond the list. */
  reportAnswers: number[];
  /** Runs before each answer, while the machine waits for it. */
  onRequest: () => Promise<void>;
  port: number;
  close(): Promise<void>;
}

/** The signature in both URLs: nothing that a machine leaves behind may hold it. */
export const SIGNATURE = 'c0ffee5ecret';

export async function startReleaseServer(release: Buffer, port = 0): Promise<ReleaseServer> {
  const http = createServer((request, response) => {
    void server
      .onRequest()
      .then(() =>
        request.method === 'PUT' ? takeReport(request, response) : giveRelease(request, response),
      );
  });
  http.listen(port, '127.0.0.1');
  await once(http, 'listening');
  const listening = (http.address() as AddressInfo).port;
  const base = `http://127.0.0.1:${listening}/v1/AUTH_test/kubernetes%20releases`;
  const query = `temp_url_sig=${SIGNATURE}&temp_url_expires=4102444800`;
  const server: ReleaseServer = {
    releaseUrl: `${base}/master-release.tar.gz?${query}`,
    reportUrl: `${base}/report?${query}`,
    reports: [],
    downloads: [],
    answers: [],
    reportAnswers: [],
    onRequest: () => Promise.resolve(),
    port: listening,
    close: async () => {
      if (!http.listening) return;
      http.closeAllConnections();
      http.close();
      await once(http, 'close');
    },
  };

  async function takeReport(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const status = server.reportAnswers.shift() ?? 201;
    if (status === 201) {
      server.reports.push({
        state: parseReportContentType(request.headers['content-type'] ?? ''),
        body: Buffer.concat(chunks).toString(),
      });
    }
    response.writeHead(status).end();
  }

  function giveRelease(request: IncomingMessage, response: ServerResponse): void {
    const range = request.headers.range ?? '';
    server.downloads.push(range);
    const answer = server.answers.shift();
    if (typeof answer === 'object' && 'status' in answer) {
      response.writeHead(answer.status).end('<html>the answer of an error</html>');
      return;
    }
    const start = answer === 'no ranges' ? 0 : Number(/^bytes=(\d+)-$/.exec(range)?.[1] ?? 0);
    if (start > 0 && start >= release.length) {
      response.writeHead(416).end();
      return;
    }
    const body = release.subarray(start);
    response.writeHead(start > 0 ? 206 : 200, {
      'content-length': body.length,
      ...(start > 0
        ? { 'content-range': `bytes ${start}-${release.length - 1}/${release.length}` }
        : {}),
    });
    if (typeof answer === 'object') {
      response.write(body.subarray(0, answer.breakAfter), () => {
        request.socket.destroySoon();
      });
      return;
    }
    response.end(body);
  }

  return server;
}

/** The reason of a `failed` report: its first line. */
export function reportReason(body: string): string {
  return body.split('\n', 1)[0]?.trim() ?? '';
}
