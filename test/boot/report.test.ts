import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  failedReportBody,
  MAX_REPORT_BYTES,
  parseReportContentType,
  redact,
  REPORT_STATES,
  reportContentType,
} from '../../boot/report.js';
import { reportReason } from './release-server.js';

test('a state survives the Content-Type, with parameters and in any case', () => {
  for (const state of REPORT_STATES) {
    assert.equal(parseReportContentType(reportContentType(state)), state);
    assert.equal(
      parseReportContentType(`${reportContentType(state).toUpperCase()}; charset=UTF-8`),
      state,
    );
  }
  for (const other of ['', 'text/plain', 'application/vnd.kubeup.report.', 'application/ready']) {
    assert.equal(parseReportContentType(other), undefined);
  }
});

test('signatures are redacted, the rest of a URL is kept', () => {
  assert.equal(
    redact('GET http://h/o?temp_url_sig=abc123&temp_url_expires=9 "http://h/?a&temp_url_sig=x"'),
    'GET http://h/o?temp_url_sig=REDACTED&temp_url_expires=9 "http://h/?a&temp_url_sig=REDACTED"',
  );
  assert.equal(redact('?temp_url_sig%3Dsha256:a+/b%3D%3D'), '?temp_url_sig%3DREDACTED');
});

test('a failed report starts with its reason, ends with the log, and stays in its bounds', () => {
  fc.assert(
    fc.property(
      fc.string(),
      fc.string({ unit: 'grapheme', maxLength: 9000, size: 'max' }),
      (reason, log) => {
        const body = failedReportBody(reason, log);
        assert.ok(Buffer.byteLength(body) <= MAX_REPORT_BYTES);
        assert.ok(!reportReason(body).includes('\n'));
        assert.ok(body.endsWith(log.slice(-100)));
      },
    ),
  );
  assert.equal(reportReason(failedReportBody('disk\nfull', 'x'.repeat(20_000))), 'disk full');
});

test('no part of a signature outlives the cut of a long log', () => {
  const url = `http://h/o?temp_url_sig=${'5'.repeat(64)}&temp_url_expires=9`;
  for (let padding = 7900; padding < 8200; padding += 1) {
    assert.ok(!failedReportBody('r', url + 'y'.repeat(padding)).includes('5'));
  }
});
