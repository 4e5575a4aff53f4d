const UNRESERVED = /[A-Za-z0-9_.~-]/;

/**
 * Replaces `%XX` by the byte it stands for, as Python's `unquote`: what is no valid sequence stays
 * as it is. Takes and gives one character per byte (Latin-1), as headers and URLs come from Node.
 */
export function unquote(text: string): string {
  return text.replace(/%([0-9A-Fa-f]{2})/g, (_match, hex: string) =>
    String.fromCharCode(parseInt(hex, 16)),
  );
}

/** Percent-encodes a text's UTF-8 bytes as Python's `quote`. */
export function quote(text: string, safe = '/'): string {
  let quoted = '';
  for (const byte of Buffer.from(text)) {
    const char = String.fromCharCode(byte);
    const plain = UNRESERVED.test(char) || safe.includes(char);
    quoted += plain ? char : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`;
  }
  return quoted;
}

const BEYOND_ASCII = /[\u0080-\u00ff]/;

// Without ignoreBOM a name that begins with U+FEFF would lose it.
const strictUtf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** Bytes (one character each) as UTF-8 text; undefined when they are none. */
export function utf8(bytes: string): string | undefined {
  if (!BEYOND_ASCII.test(bytes)) return bytes;
  try {
    return strictUtf8.decode(Buffer.from(bytes, 'latin1'));
  } catch {
    return undefined;
  }
}

/** A text's UTF-8 bytes, one character each: how header values go out. */
export function headerValue(text: string): string {
  return Buffer.from(text).toString('latin1');
}
