import { counted } from '../../cluster/counted.js';
import type { BringUpRequest } from '../../cluster/spec.js';
import type { Session } from '../connect.js';
import { say } from '../terminal.js';
import { answerOfWorker } from './patience.js';
import { typed } from './report.js';

/**
 * Begins a bring-up or joins the one that runs, and says which.
 * @throws OutOfTimeError
 */
export async function begin(
  session: Session,
  request: BringUpRequest,
  patience?: AbortSignal,
): Promise<{ id: string; runId: string }> {
  const { name, minions, cloud } = request.spec;
  const late =
    `No worker took the bring-up of ${name} in time. It may have begun, and then goes on when a worker runs: ` +
    `the same command again joins it, ${typed('status', name)} --watch shows it, ${typed('down', name)} gives it up.`;
  const { outcome, run } = await answerOfWorker(
    (signal) => session.clusters.bringUp(request, signal),
    patience,
    late,
  );
  switch (outcome) {
    case 'started':
      say(
        `Bringing up ${name}: 1 master, ${counted(minions, 'minion')}, on ${cloud.provider} ${cloud.region}.`,
      );
      break;
    case 'attached':
      say(`A bring-up of ${name} is under way already; joining it.`);
      break;
    case 'amended':
      say(`The blocked bring-up of ${name} goes on with the new settings.`);
      break;
  }
  return run;
}
