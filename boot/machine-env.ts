/** Where a machine finds what it is to be; read by the start scripts with bash's `source`. */
export const MACHINE_ENV_PATH = '/etc/kubeup/machine.env';

/**
 * Formats variables as a file that bash can source: one line each, printable ASCII only, so that neither bash, nor
 * YAML 1.1 (where U+0085 and U+2028 end a line), nor a machine's locale can read it otherwise.
 *
 * @throws RangeError for a name that is no variable name, and for a value bash cannot hold (NUL, lone surrogate)
 */
export function formatMachineEnv(variables: Record<string, string>): string {
  return Object.entries(variables)
    .map(([name, value]) => {
      if (!/^[A-Z][A-Z0-9_]*$/.test(name)) throw new RangeError(`not a variable name: ${name}`);
      return `${name}=${bashQuote(value)}\n`;
    })
    .join('');
}

/** Reads what {@link formatMachineEnv} wrote, and no more of the shell's language than that. */
export function parseMachineEnv(text: string): Record<string, string> {
  const variables: Record<string, string> = {};
  for (const line of text.split('\n')) {
    if (line === '') continue;
    const match =
      /^([A-Z][A-Z0-9_]*)=(?:'([ -&(-~]*)'|\$'((?:[ -&(-[\]-~]|\\x[0-9a-f]{2})*)')$/.exec(line);
    const [, name, plain, escaped] = match ?? [];
    const value = escaped === undefined ? plain : decodeHexBytes(escaped);
    if (name === undefined || value === undefined) {
      // The line is not shown: it may hold a secret.
      throw new RangeError("machine.env: a line is not NAME='value'");
    }
    variables[name] = value;
  }
  return variables;
}

function bashQuote(value: string): string {
  const bytes = Buffer.from(value);
  if (value.includes('\0')) throw new RangeError('a shell variable cannot hold a NUL');
  if (bytes.toString() !== value) throw new RangeError('a value is not well-formed Unicode');
  if (/^[ -&(-~]*$/.test(value)) return `'${value}'`;
  // Bytes, not \u: what bash makes of \u depends on the locale, and cloud-init runs in the C locale.
  const escaped = Array.from(bytes, (byte) =>
    byte >= 0x20 && byte < 0x7f && byte !== 0x27 && byte !== 0x5c
      ? String.fromCharCode(byte)
      : `\\x${byte.toString(16).padStart(2, '0')}`,
  );
  return `$'${escaped.join('')}'`;
}

function decodeHexBytes(quoted: string): string {
  const bytes = quoted.replace(/\\x([0-9a-f]{2})/g, (_, hex: string) =>
    String.fromCharCode(parseInt(hex, 16)),
  );
  return Buffer.from(bytes, 'latin1').toString();
}
