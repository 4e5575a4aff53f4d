import pc from 'picocolors';

/** One line for people; never part of a command's result. */
export function say(line: string): void {
  process.stderr.write(`${line}\n`);
}

/** A side remark: progress of the services behind a command. */
export function remark(line: string): void {
  say(pc.dim(line));
}

/** The result of a command, for people or scripts. */
export function print(text: string): void {
  process.stdout.write(text.endsWith('\n') ? text : `${text}\n`);
}

export function printJson(document: unknown): void {
  print(JSON.stringify(document, undefined, 2));
}
