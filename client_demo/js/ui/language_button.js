/**
 * The other language, one press away on every screen.
 *
 * Knows a button. Refuses to know the screens: whoever has one draws itself anew.
 */

import { button } from "./dom.js";
import { language, LANGUAGES, languageName } from "./language.js";

/** @param {(language: string) => Promise<void>} speak */
export function languageButton(speak) {
  const other = LANGUAGES[(LANGUAGES.indexOf(language) + 1) % LANGUAGES.length];
  const name = languageName(other);
  const attributes = { class: "tool language", id: "language", lang: other, "aria-label": name, title: name };
  return button(other.toUpperCase(), () => void speak(other), attributes);
}
