import { CallFault } from '../classifyFault';

/** What follows `HTTP/`. White space separates the parts, however much (RFC 9112 section 4); the reason may be missing. */
const STATUS_LINE = /^(\d)(?:\.(\d))?[ \t]+([1-9]\d\d)(?:[ \t].*)?$/s;
const FIELD_NAME = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what this looks for
const INVALID_IN_VALUE = /[\u0000\r]/g;

/**
 * The status line and the fields of one answer, line by line. A line that is no field changes nothing that matters here, so it is
 * left out (RFC 9110 section 2.4 lets a recipient recover); but who writes such lines may well not know where its answers end.
 */
export class AnswerHead {
  readonly statusCode: number;
  /** By lower-case name; the values of a repeated field are joined by commas. */
  readonly fields = new Map<string, string>();
  isWellFormed = true;
  /** Whether connections stay open unless a field says otherwise. */
  readonly isPersistentByDefault: boolean;
  #lastName: string | null = null;

  /**
   * @param statusLine without `HTTP/` at its beginning.
   * @throws {CallFault} `protocol`
   */
  constructor(statusLine: string) {
    const [, major, minor = '0', status] = STATUS_LINE.exec(statusLine) ?? [];
    if (status === undefined) {
      throw new CallFault('protocol', 'the status line of the answer has no status of three digits from 100 on');
    }
    this.statusCode = Number(status);
    this.isPersistentByDefault = major === '1' && minor !== '0';
  }

  /** @param line not empty. */
  add(line: string): void {
    if (line.startsWith(' ') || line.startsWith('\t')) this.#unfold(line);
    else this.#addField(line);
  }

  /** A line that begins with white space continues the one before (RFC 9112 section 5.2). Before the first field it is nothing. */
  #unfold(line: string): void {
    if (this.#lastName === null) return;
    const value = `${this.fields.get(this.#lastName)} ${fieldValue(line)}`;
    this.fields.set(this.#lastName, value.trim());
  }

  #addField(line: string): void {
    const colon = line.indexOf(':');
    const name = line.slice(0, Math.max(colon, 0)).trimEnd().toLowerCase();
    if (!FIELD_NAME.test(name)) {
      this.isWellFormed = false;
      this.#lastName = null;
      return;
    }
    const value = fieldValue(line.slice(colon + 1));
    const before = this.fields.get(name);
    this.fields.set(name, before === undefined ? value : `${before}, ${value}`);
    this.#lastName = name;
  }
}

/** NUL and a bare CR become spaces (RFC 9110 section 5.5). */
function fieldValue(text: string): string {
  return text.replace(INVALID_IN_VALUE, ' ').trim();
}

/** The entries of a field that is a list, in small letters. */
export function listOf(field: string | undefined): string[] {
  if (field === undefined) return [];
  return field
    .toLowerCase()
    .split(',')
    .map((entry) => entry.trim())
    .filter((entry) => entry !== '');
}
