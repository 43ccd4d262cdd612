/**
 * What every screen has: the language, the theme.
 *
 * Knows two buttons. Refuses to know the screens: whoever has one draws itself anew.
 */

import { button, el, icon } from "./dom.js";
import { language, switchLanguage, t } from "./language.js";
import { read, write } from "./keepsakes.js";

const THEMES = ["", "light", "dark"]; // the first is the system's

/** The theme chosen before. */
export function applyTheme() {
  document.documentElement.dataset.theme = read("theme") ?? "";
}

function nextTheme() {
  const now = read("theme") ?? "";
  write("theme", THEMES[(THEMES.indexOf(now) + 1) % THEMES.length]);
  applyTheme();
}

/** @param {() => void} onLanguage */
export function tools(onLanguage) {
  const other = language === "fr" ? "en" : "fr";
  const name = new Intl.DisplayNames([other], { type: "language" }).of(other) ?? other;
  const words = button(other.toUpperCase(), () => switchLanguage().then(onLanguage), {
    class: "tool language",
    lang: other,
    "aria-label": name,
    title: name,
  });
  const theme = button(icon("theme"), nextTheme, {
    class: "tool",
    "aria-label": t("tools.theme"),
    title: t("tools.theme"),
  });
  return el("div", { class: "tools" }, words, theme);
}
