/** Takes secrets out of a text. */
export type Redact = (text: string) => string;

/** Signatures of temp URLs, their keys, and tokens in headers, wherever a cloud or a library quotes them. */
const NAMED_SECRETS =
  /((?:temp_url_sig|temp-url-key(?:-2)?|x-auth-token|x-subject-token)["']?\s*[=:]\s*["']?)[^&\s"'<>]+/gi;

/** A function that blanks the given secrets, and whatever looks like a signature, in any text. */
export function redactor(secrets: readonly (string | undefined)[]): Redact {
  return (text) => {
    let clean = text.replace(NAMED_SECRETS, '$1[secret]');
    for (const secret of secrets) {
      // A shorter one would blank ordinary words and still give the secret away.
      if (secret && secret.length >= 4) {
        clean = clean.replaceAll(secret, '[secret]');
      }
    }
    return clean;
  };
}
