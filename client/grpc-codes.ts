import { isGrpcServiceError } from '@temporalio/client';

/** The status codes of gRPC that the client tells apart. */
export const grpcCodes = {
  cancelled: 1,
  unknown: 2,
  invalidArgument: 3,
  deadlineExceeded: 4,
  notFound: 5,
  alreadyExists: 6,
  resourceExhausted: 8,
  failedPrecondition: 9,
  aborted: 10,
  internal: 13,
  unavailable: 14,
} as const;

const transientCodes: readonly number[] = [
  grpcCodes.cancelled,
  grpcCodes.unknown,
  grpcCodes.deadlineExceeded,
  grpcCodes.resourceExhausted,
  // A query that no worker answers.
  grpcCodes.failedPrecondition,
  grpcCodes.aborted,
  grpcCodes.internal,
  grpcCodes.unavailable,
];

/** The gRPC status code of an error or of what caused it; `undefined` when it is none of gRPC's. */
export function grpcCodeOf(error: unknown): number | undefined {
  let inner = error;
  while (inner instanceof Error) {
    if (isGrpcServiceError(inner)) return inner.code;
    inner = inner.cause;
  }
  return undefined;
}

/** Whether the same call may succeed later: server or worker are away or busy. */
export function isTransient(error: unknown): boolean {
  const code = grpcCodeOf(error);
  return code !== undefined && transientCodes.includes(code);
}
