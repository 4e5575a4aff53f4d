/**
 * The words of the report mailbox. A machine PUTs its progress to an object of its own; the state travels in the
 * Content-Type, which Swift keeps and shows in listings, so that one listing tells every machine's state.
 */
export const REPORT_STATES = ['booting', 'downloading', 'installing', 'ready', 'failed'] as const;

export type ReportState = (typeof REPORT_STATES)[number];

/** Longest body of a report. Of a longer log the end is kept. */
export const MAX_REPORT_BYTES = 8192;

const CONTENT_TYPE_PREFIX = 'application/vnd.kubeup.report.';

export function reportContentType(state: ReportState): string {
  return CONTENT_TYPE_PREFIX + state;
}

/** The state in a Content-Type; parameters such as a charset are ignored; `undefined` when it is no report. */
export function parseReportContentType(contentType: string): ReportState | undefined {
  const type = contentType.split(';', 1)[0]?.trim().toLowerCase() ?? '';
  return REPORT_STATES.find((state) => reportContentType(state) === type);
}

/** Takes the signatures out of temp URLs in a text, plain or percent-encoded. */
export function redact(text: string): string {
  return text.replace(/(temp_url_sig(?:=|%3D))[^&\s"'<>]*/gi, '$1REDACTED');
}

/** Body of a `failed` report: the reason as the first line, then the end of the log; redacted, at most 8 KiB. */
export function failedReportBody(reason: string, log: string): string {
  // Redacted before it is cut: a cut in the middle of a URL would leave a bare half of its signature.
  const head = Buffer.from(`${redact(reason).replace(/\s+/g, ' ').trim().slice(0, 500)}\n`);
  const tail = Buffer.from(redact(log));
  const room = MAX_REPORT_BYTES - head.length;
  let start = Math.max(0, tail.length - room);
  // Never begin inside a UTF-8 sequence.
  while (start < tail.length && ((tail[start] ?? 0) & 0xc0) === 0x80) start += 1;
  return head.toString() + tail.subarray(start).toString();
}
