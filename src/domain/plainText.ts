const SPECIAL = /[\\`*[\]()<>!~#|]/g;
/** Renderers make a link of what begins so, without any bracket. */
const LINK_BEGINS = /(:\/)(\/)|(www)(\.)/gi;

/** Text that somebody else chose, as one line of Markdown that shows it as it is: no link, image or emphasis. */
export function plainText(text: string): string {
  return text
    .replace(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, ' ')
    .replace(SPECIAL, '\\$&')
    .replace(LINK_BEGINS, (_, scheme, slash, www, dot) => `${scheme ?? www}\\${slash ?? dot}`);
}
