import { CancellationScope, isCancellation } from '@temporalio/workflow';

/** Runs `body` while `beside` runs; the first failure of either ends both, and both have ended on return. */
export async function beside<T>(helper: () => Promise<never>, body: () => Promise<T>): Promise<T> {
  return CancellationScope.cancellable(async () => {
    const scope = CancellationScope.current();
    let helperError: unknown;
    const helping = helper().catch((error: unknown) => {
      helperError ??= error;
      if (!isCancellation(error)) scope.cancel();
    });
    try {
      return await body();
    } catch (error) {
      throw isCancellation(error) && helperError && !isCancellation(helperError)
        ? helperError
        : error;
    } finally {
      scope.cancel();
      await helping;
    }
  });
}
