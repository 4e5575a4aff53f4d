/** JSON as Python's `json.dumps` writes it: ASCII, with a blank after every comma and colon. */
export function pythonJson(value: unknown): string {
  if (typeof value === 'string') return ascii(value);
  if (Array.isArray(value)) return `[${value.map(pythonJson).join(', ')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  let items = '';
  for (const [key, item] of Object.entries(value)) {
    if (item === undefined) continue;
    items += `${items === '' ? '' : ', '}${ascii(key)}: ${pythonJson(item)}`;
  }
  return `{${items}}`;
}

const BEYOND_ASCII = /[\u007f-\uffff]/;

function ascii(text: string): string {
  const json = JSON.stringify(text);
  if (!BEYOND_ASCII.test(json)) return json;
  return json.replace(
    /[\u007f-\uffff]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
