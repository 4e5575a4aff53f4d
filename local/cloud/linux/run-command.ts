import { execFile } from 'node:child_process';

/**
 * Runs a program to its end.
 * @param input what it reads on its standard input
 * @returns what it has printed
 * @throws Error with its last words, when it ends with another exit code than 0
 */
export function runCommand(file: string, args: string[], input = ''): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = execFile(file, args, { maxBuffer: 1 << 26 }, (error, stdout, stderr) => {
      if (error === null) resolve(stdout);
      else {
        const words = stderr.trim() || error.message;
        reject(new Error(`${file} ${args.slice(0, 6).join(' ')}: ${words}`, { cause: error }));
      }
    });
    // A program that ends before it has read everything says so itself.
    child.stdin?.on('error', () => undefined);
    child.stdin?.end(input);
  });
}
