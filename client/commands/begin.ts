import { counted } from '../../cluster/counted.js';
import type { BringUpRequest } from '../../cluster/spec.js';
import type { Session } from '../connect.js';
import { say } from '../terminal.js';

/** Begins a bring-up or joins the one that runs, and says which. */
export async function begin(
  session: Session,
  request: BringUpRequest,
): Promise<{ id: string; runId: string }> {
  const { outcome, run } = await session.clusters.bringUp(request);
  const { name, minions, cloud } = request.spec;
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
