/** A release that could not be built; the message says what was attempted and what mends it. */
export class ReleaseBuildError extends Error {
  constructor(message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.name = 'ReleaseBuildError';
  }
}
