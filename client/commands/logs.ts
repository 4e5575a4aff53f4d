import { InvalidArgumentError } from 'commander';
import type { Command } from 'commander';
import type { ExitCode } from '../exit-code.js';
import { openMachine } from '../machine-access.js';
import { addSettingFlags, configurationInputs } from './options.js';
import { attach } from './ssh.js';

/** What a machine writes of its boot: cloud-init's output, and the start script's. */
const files = ['/var/log/cloud-init-output.log', '/var/log/kubeup-start.log'];

export function addLogs(program: Command, done: (code: ExitCode) => void): void {
  const command = program
    .command('logs')
    .argument('<machine>', 'kubernetes-minion-2, or minion-2')
    .description("show a machine's logs: cloud-init, start script, journal")
    .option('-n, --lines <lines>', 'the last lines of each', toLines, 200)
    .option('-F, --follow', 'go on with what is written')
    .addHelpText(
      'after',
      `
Examples:
  kubeup logs kubernetes-master
  kubeup logs minion-2 --follow`,
    );
  addSettingFlags(command, ['name']);
  command.action(async (machine: string) => {
    const { lines, follow } = command.opts<{ lines: number; follow?: boolean }>();
    const shell = await openMachine(configurationInputs(command, process.env), machine);
    try {
      done((await attach(await shell.start(logCommand(lines, follow)), false)) as ExitCode);
    } finally {
      shell.close();
    }
  });
}

/** One command for all of them, so that following shows each as it comes. */
function logCommand(lines: number, follow = false): string {
  const tail = `tail -v -n ${lines}`;
  const journal = `journalctl --boot --no-pager --lines=${lines}`;
  if (!follow) {
    return `${tail} ${files.join(' ')}; printf '\\n==> journal <==\\n'; ${journal}`;
  }
  return `${tail} -F ${files.join(' ')} & ${journal} --follow; kill %1`;
}

function toLines(text: string): number {
  if (/^\d{1,6}$/.test(text)) return Number(text);
  throw new InvalidArgumentError('must be a number of lines');
}
