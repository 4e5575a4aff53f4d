/** Shell exports of these variables, quoted for sh; for `eval` or a file to source. */
export function openrc(env: Record<string, string>): string {
  return Object.entries(env)
    .map(([name, value]) => `export ${name}=${quote(value)}\n`)
    .join('');
}

function quote(value: string): string {
  return `'${value.replaceAll("'", `'\\''`)}'`;
}
