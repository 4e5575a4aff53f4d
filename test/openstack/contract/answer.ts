import assert from 'node:assert/strict';

/** A JSON document, read by dotted paths: `server.addresses.net.0.addr`. */
export class Document {
  constructor(protected readonly root: unknown) {}

  /** What lies at the path; `undefined` when nothing does. The empty path is the whole. */
  at(path: string): unknown {
    let found = this.root;
    for (const key of path === '' ? [] : path.split('.')) {
      if (typeof found !== 'object' || found === null) return undefined;
      found = (found as Record<string, unknown>)[key];
    }
    return found;
  }

  /** The string at the path. */
  string(path: string): string {
    const found = this.at(path);
    assert.equal(typeof found, 'string', `${path} is no string in ${JSON.stringify(this.root)}`);
    return found as string;
  }

  /** The number at the path. */
  number(path: string): number {
    const found = this.at(path);
    assert.equal(typeof found, 'number', `${path} is no number in ${JSON.stringify(this.root)}`);
    return found as number;
  }

  /** The objects of the list at the path. */
  list(path: string): Document[] {
    const found = this.at(path);
    assert.ok(Array.isArray(found), `${path} is no list in ${JSON.stringify(this.root)}`);
    return found.map((item) => new Document(item));
  }

  /** One field of each object of the list at the path. */
  each(path: string, field: string): unknown[] {
    return this.list(path).map((item) => item.at(field));
  }

  /** The names of the fields of the object at the path, sorted. */
  keys(path: string): string[] {
    const found = this.at(path);
    assert.ok(typeof found === 'object' && found !== null, `${path} is no object`);
    return Object.keys(found).sort();
  }
}

/** An answer over HTTP. */
export class Answer extends Document {
  constructor(
    private readonly request: string,
    readonly status: number,
    readonly headers: Headers,
    readonly bytes: Buffer,
  ) {
    super(parsed(bytes));
  }

  get text(): string {
    return this.bytes.toString();
  }

  /** The lines of a plain listing. */
  get lines(): string[] {
    return this.text.split('\n').filter((line) => line !== '');
  }

  header(name: string): string | null {
    return this.headers.get(name);
  }

  /** Asserts the status. */
  is(...statuses: number[]): this {
    if (!statuses.includes(this.status)) {
      const got = `${this.request} → ${this.status}, not ${statuses.join(' or ')}`;
      assert.fail(`${got}: ${this.text.slice(0, 1000)}`);
    }
    return this;
  }

  /** Asserts the status and the whole body, parsed. */
  says(status: number, body: unknown): this {
    this.is(status);
    assert.deepEqual(this.root, body, this.request);
    return this;
  }

  /** Asserts a refusal by Keystone. */
  keystone(code: number, title: string, message: string | RegExp): this {
    this.is(code);
    return this.refuses(message, (text) => ({ error: { code, message: text, title } }));
  }

  /** Asserts a refusal by Nova. */
  nova(code: number, kind: string, message: string | RegExp): this {
    this.is(code);
    return this.refuses(message, (text) => ({ [kind]: { code, message: text } }));
  }

  /** Asserts a refusal by Neutron. */
  neutron(code: number, type: string, message: string | RegExp): this {
    this.is(code);
    return this.refuses(message, (text) => ({ NeutronError: { type, message: text, detail: '' } }));
  }

  /** Asserts a refusal by Glance, for whoever accepts JSON: what stands below it is in a line of its own. */
  glance(code: number, message: string | RegExp): this {
    this.is(code);
    const parts = this.string('message').split('<br /><br />');
    const told = parts
      .map((part) => part.trim())
      .join('\n')
      .trim();
    if (message instanceof RegExp) assert.match(told, message, this.request);
    else assert.equal(told, message, this.request);
    assert.ok(this.string('code').startsWith(`${code} `));
    return this;
  }

  /** Where only a part of the message is sure, the message itself stands in for it. */
  private refuses(message: string | RegExp, body: (message: string) => unknown): this {
    const [kind] = this.keys('');
    const told = this.string(`${kind ?? ''}.message`);
    if (message instanceof RegExp) assert.match(told, message, this.request);
    assert.deepEqual(this.root, body(message instanceof RegExp ? told : message), this.request);
    return this;
  }
}

function parsed(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString());
  } catch {
    return undefined;
  }
}
