/**
 * Says what can be done with the keyboard.
 *
 * Knows the list; a test presses what it promises. Refuses to know how it is done.
 */

import { openDialog } from "./dialog.js";
import { el } from "./dom.js";
import { IS_MAC } from "./keyboard.js";
import { has, t } from "./language.js";
import { setting } from "./settings.js";

/** By where it works; each with the keys that do it, the one or the other. */
const SECTIONS = /** @type {const} */ ({
  anywhere: {
    switcher: ["Mod+K"],
    rooms: ["Alt+ArrowUp", "Alt+ArrowDown"],
    unread: ["Alt+Shift+ArrowUp", "Alt+Shift+ArrowDown"],
    regions: ["F6", "Shift+F6"],
    search: ["/"],
    latest: ["End"],
    inspector: ["Alt+Shift+I"],
    help: ["?", "Mod+/"],
    close: ["Escape"],
  },
  messages: { move: ["ArrowUp", "ArrowDown"], ends: ["Home", "End"], act: ["Enter"], back: ["Escape"] },
  writing: {
    send: ["Enter"],
    line: ["Shift+Enter"],
    edit: ["ArrowUp"],
    ask: ["Mod+Shift+Y"],
    cancel: ["Escape"],
  },
});
const OF_CTRL_ENTER = /** @type {const} */ ({ send: ["Mod+Enter"], line: ["Enter"] });

export function openHelp() {
  openDialog("help", t("help.title"), () => [
    el(
      "div",
      { class: "help-sections" },
      Object.keys(SECTIONS).map((name) => section(/** @type {any} */ (name))),
    ),
  ]);
}

/** @param {keyof typeof SECTIONS} name */
function section(name) {
  const isOther = name === "writing" && setting("send_key") === "ctrl";
  const lines = Object.entries({ ...SECTIONS[name], ...(isOther ? OF_CTRL_ENTER : {}) });
  const line = (/** @type {[string, readonly string[]]} */ [what, keys]) =>
    el("div", {}, el("dt", {}, keys.flatMap(keyCaps)), el("dd", {}, t(`help.${name}.${what}`)));
  return el("section", {}, el("h3", {}, t(`help.${name}`)), el("dl", {}, lines.map(line)));
}

/** @param {string} keys @param {number} index */
function keyCaps(keys, index) {
  const caps = keys.split("+").flatMap((key, place) => [place > 0 ? "+" : "", el("kbd", {}, capOf(key))]);
  return [index > 0 ? ` ${t("help.or")} ` : "", ...caps];
}

/** What is written on a key. @param {string} key */
function capOf(key) {
  if (key === "Mod") return IS_MAC ? "⌘" : "Ctrl";
  return has(`key.${key}`) ? t(`key.${key}`) : key;
}
