/**
 * How the reader wants the page: each setting one word, kept by this browser.
 *
 * Knows names and values. Refuses to know what they change, but for what the root element tells the style sheets.
 */

import { read, write } from "./keepsakes.js";

/** What can be chosen; the first, which is not kept, is what holds without a choice. */
export const CHOICES = {
  theme: ["", "light", "dark"], // the first is the system's
  calm: ["", "on"], // less colour, no motion
  send_key: ["", "ctrl"], // which key sends: Enter, or only Ctrl+Enter
  keys: ["", "off"], // shortcuts of a single key
  notify: ["", "on"],
  sound: ["", "on"],
};

/** @typedef {keyof typeof CHOICES} Setting */

/** Tells each change, by the name of the setting. */
export const changes = new EventTarget();

/** @param {Setting} name @returns {string} */
export function setting(name) {
  const kept = read(name) ?? "";
  return CHOICES[name].includes(kept) ? kept : "";
}

/** @param {Setting} name @param {string} value */
export function choose(name, value) {
  write(name, value);
  document.documentElement.dataset.theme = setting("theme");
  document.documentElement.dataset.calm = setting("calm");
  changes.dispatchEvent(new Event(name));
}
