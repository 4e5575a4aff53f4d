import type { Failure } from './errors.js';
import { releaseTag } from './names.js';
import { isSound, type ReportState } from './observation.js';

interface Machine {
  name: string;
  status: string;
  report?: ReportState;
  /** Tag of the release it came up with. */
  release: string;
}

/** The machines that stand and run another release than this: a cluster of two would be neither. */
export function ofOtherRelease<M extends Machine>(sha256: string, machines: readonly M[]): M[] {
  const wanted = releaseTag(sha256);
  return machines.filter((machine) => isSound(machine) && machine.release !== wanted);
}

/** What a bring-up says of them: machines keep the release they came up with. */
export function otherRelease(sha256: string, machines: readonly Machine[]): Failure | undefined {
  const [other] = ofOtherRelease(sha256, machines);
  return (
    other && {
      kind: 'invalid',
      reason: 'OtherRelease',
      attempted: `bring up release ${releaseTag(sha256)}`,
      message: `${other.name} runs release ${other.release}, and \`up\` never replaces a healthy machine`,
      cure: 'Run `kubeup down`, then `kubeup up` again; or give the release that the machines run',
    }
  );
}
