// Run in a network from which only the master counts as reachable: logs in to a minion through it, and prints what
// the minion calls itself and whence it was reached. Takes {spec, minion, master} as JSON; the home by KUBEUP_HOME.
import type { Server } from '../../cloud/port.js';
import { loadRootSecret } from '../../home/root-secret.js';
import { MachineShell, type ShellAccess } from '../../ssh/machine-shell.js';

interface Input {
  spec: ShellAccess['spec'];
  minion: Server;
  master: Server;
}

const { spec, minion, master } = JSON.parse(process.argv[2] ?? '') as Input;
const rootSecret = await loadRootSecret(process.env);
const shell = await MachineShell.open({ spec, rootSecret }, minion, master);
const { output } = await shell.run('echo "$(hostname) from ${SSH_CONNECTION%% *}"');
console.log(output.trim());
shell.close();
