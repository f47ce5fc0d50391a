/** The texts in the language that the browser asks for. */
import { de } from './de.ts';
import { en, type TextKey, type Texts } from './en.ts';

const languages: Readonly<Record<string, Texts>> = { en, de };

export const language =
  navigator.languages.map((tag) => tag.split('-')[0] ?? '').find((tag) => tag in languages) ?? 'en';
/** Of that language the one that the browser names first: English has two clocks. */
export const locale = navigator.languages.find((tag) => tag.split('-')[0] === language) ?? language;
const texts = languages[language] ?? en;
document.documentElement.lang = language;

/** A text with its values filled in. */
export function text(key: TextKey, values: Readonly<Record<string, string | number>> = {}): string {
  return texts[key].replaceAll(/\{(\w+)\}/g, (whole, name: string) => String(values[name] ?? whole));
}
