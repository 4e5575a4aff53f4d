import { condition, isCancellation, setHandler } from '@temporalio/workflow';
import type { BringUpRequest, TearDownRequest } from '../cluster/spec.js';
import type { ClusterStatus } from '../cluster/status.js';
import { proposeUpdate, retryUpdate, statusQuery } from './interface.js';
import { markRun, StatusBoard } from './status-board.js';
import { failureOf, failWith, ofTearDown } from './failure.js';
import { underCondition } from './run.js';
import { servers, undos, type Undo } from './steps.js';

/**
 * Removes what kubeup made of a cluster, in reverse order, from any state, and nothing else.
 */
export async function tearDownCluster(request: TearDownRequest): Promise<ClusterStatus> {
  markRun(request.name, request.cloud);
  const board = new StatusBoard(request.name, 'TearingDown');
  board.holds = request.onFailure === 'hold';
  let mayGoOn = false;
  setHandler(statusQuery, () => board.snapshot());
  setHandler(
    retryUpdate,
    (): undefined => {
      mayGoOn = true;
    },
    {
      validator: () => {
        if (board.phase !== 'Blocked') throw new Error(`nothing to retry: it is ${board.phase}`);
      },
    },
  );
  const refuse = ({ spec }: BringUpRequest): void => {
    throw new Error(`${spec.name} is being torn down; bring it up again when it is gone`);
  };
  setHandler(proposeUpdate, (): 'attached' | 'amended' => 'attached', { validator: refuse });

  const scope = { cluster: request.name, containers: new Set([request.container]) };
  const remove = async ({ undone, undo }: Undo): Promise<string[]> => {
    const deleted = await underCondition(board, undone, 'Deleting', () => undo(scope));
    board.changed(...deleted.map((name) => `deleted ${name}`));
    return deleted;
  };
  const removeAll = async (): Promise<void> => {
    // Once more when a server came late: a terminated bring-up's last create may still have been under way.
    do {
      for (const step of undos) await remove(step);
    } while ((await remove(servers)).length > 0);
  };
  try {
    for (;;) {
      board.enter('TearingDown');
      try {
        await removeAll();
        board.enter('Gone');
        return board.snapshot();
      } catch (error) {
        if (isCancellation(error) || request.onFailure === 'fail') throw error;
        board.enter('Blocked');
        await condition(() => mayGoOn);
        mayGoOn = false;
      }
    }
  } catch (error) {
    board.enter(isCancellation(error) ? 'Cancelled' : 'Failed');
    throw isCancellation(error) ? error : failWith(ofTearDown(failureOf(error), false));
  }
}
