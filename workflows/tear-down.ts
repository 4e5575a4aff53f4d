import { condition, isCancellation, setHandler } from '@temporalio/workflow';
import type { BringUpRequest, TearDownRequest } from '../cluster/spec.js';
import type { ClusterStatus } from '../cluster/status.js';
import { proposeUpdate, retryUpdate, statusQuery } from './interface.js';
import { StatusBoard } from './status-board.js';
import { underCondition } from './run.js';
import { servers, undos } from './steps.js';

/**
 * Removes what kubeup made of a cluster, in reverse order, from any state, and nothing else.
 */
export async function tearDownCluster(request: TearDownRequest): Promise<ClusterStatus> {
  const board = new StatusBoard(request.name, 'TearingDown');
  let mayGoOn = false;
  setHandler(statusQuery, () => board.snapshot());
  setHandler(
    retryUpdate,
    () => {
      mayGoOn = true;
    },
    {
      validator: () => {
        if (board.phase !== 'Blocked') throw new Error(`nothing to retry: it is ${board.phase}`);
      },
    },
  );
  const refuse = (_: BringUpRequest): void => {
    throw new Error(`${request.name} is being torn down; bring it up again when it is gone`);
  };
  setHandler(proposeUpdate, (): 'attached' | 'amended' => 'attached', { validator: refuse });

  const scope = { cluster: request.name, container: request.container };
  for (;;) {
    board.enter('TearingDown');
    try {
      // Once more when a server came late: a terminated bring-up's last create may still have been under way.
      do {
        for (const { undone, undo } of undos) {
          const deleted = await underCondition(board, undone, 'Deleting', () => undo(scope));
          board.changed(...deleted.map((name) => `deleted ${name}`));
        }
      } while ((await servers.undo(scope)).length > 0);
      board.enter('Gone');
      return board.snapshot();
    } catch (error) {
      if (isCancellation(error) || request.onFailure === 'fail') {
        board.enter(isCancellation(error) ? 'Cancelled' : 'Failed');
        throw error;
      }
      board.enter('Blocked');
      await condition(() => mayGoOn);
      mayGoOn = false;
    }
  }
}
