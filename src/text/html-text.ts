/** Text for HTML pages and drawings. */

/** Escapes what would otherwise be read as markup; good between tags and inside double quotes. */
export function htmlText(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
}
