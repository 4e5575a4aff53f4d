import { isGrpcServiceError } from '@temporalio/client';
import type { Client } from '@temporalio/client';
import { searchAttributes } from '../workflows/interface.js';
import { grpcCodes } from './grpc-codes.js';

/** `INDEXED_VALUE_TYPE_KEYWORD` of Temporal's API. */
const keyword = 2;

/**
 * Makes the search attributes known to the namespace; those it knows already stay as they are. To be done once
 * before the first start: a server refuses workflows with attributes it does not know.
 * @throws when the server does not allow it (Temporal Cloud: add them in its console)
 */
export async function registerSearchAttributes(client: Client): Promise<void> {
  const { namespace } = client.options;
  const { operatorService } = client.connection;
  const { customAttributes } = await operatorService.listSearchAttributes({ namespace });
  const absent = Object.values(searchAttributes)
    .map(({ name }) => name)
    .filter((name) => !Object.hasOwn(customAttributes, name));
  if (absent.length === 0) return;
  try {
    await operatorService.addSearchAttributes({
      namespace,
      searchAttributes: Object.fromEntries(absent.map((name) => [name, keyword])),
    });
  } catch (error) {
    // Another client was faster.
    if (!isGrpcServiceError(error) || (error.code as number) !== grpcCodes.alreadyExists) {
      throw error;
    }
  }
}
