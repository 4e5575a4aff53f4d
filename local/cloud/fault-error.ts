/** An answer that is not a success, thrown from anywhere inside a request. */
export class HttpFault extends Error {
  override readonly name = 'HttpFault';

  constructor(
    readonly status: number,
    readonly body: string | Record<string, unknown>,
    readonly headers: Record<string, string> = {},
  ) {
    super(`HTTP ${status}`);
  }
}
