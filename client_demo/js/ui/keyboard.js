/**
 * Shortcuts: which keys do what, and when they must not, because somebody is writing or answering a dialog.
 *
 * Knows keys. Refuses to know what they do.
 */

import { setting } from "./settings.js";

export const IS_MAC = /Mac|iPhone|iPad/.test(navigator.platform);

/**
 * What is done, by keys such as `Mod+K`; where it says false, the key is left to the browser.
 * @typedef {Record<string, () => boolean|void>} Shortcuts
 */

/** @param {Shortcuts} shortcuts @param {AbortSignal} signal */
export function listen(shortcuts, signal) {
  const pressed = (/** @type {KeyboardEvent} */ event) => {
    if (event.defaultPrevented || event.isComposing || event.repeat) return;
    if (document.querySelector("dialog:modal")) return; // that is to be answered first
    const keys = keysOf(event);
    const run = shortcuts[keys];
    if (!run || isTakenByWriting(keys, event)) return;
    if (run() !== false) event.preventDefault();
  };
  document.addEventListener("keydown", pressed, { signal });
}

/** What is pressed, as the table of shortcuts writes it. @param {KeyboardEvent} event */
function keysOf(event) {
  if (event.getModifierState("AltGraph")) return ""; // that writes a sign
  const key = event.key.length === 1 ? event.key.toUpperCase() : event.key;
  const isSign = key.length === 1 && key.toLowerCase() === key; // Shift is how some keyboards make it
  const isMod = IS_MAC ? event.metaKey : event.ctrlKey;
  const isOther = IS_MAC ? event.ctrlKey : event.metaKey;
  return [isMod && "Mod", isOther && "Other", event.altKey && "Alt", event.shiftKey && !isSign && "Shift", key]
    .filter(Boolean)
    .join("+");
}

/** @param {string} keys @param {KeyboardEvent} event */
function isTakenByWriting(keys, event) {
  const isSingle = !keys.includes("+");
  if (isSingle && keys.length === 1 && setting("keys") === "off") return true;
  const field = event.target;
  if (!(field instanceof HTMLElement) || !isWriting(field)) return false;
  const movesCaret = IS_MAC && keys.includes("Arrow") && "value" in field && field.value !== "";
  return movesCaret || (isSingle && !/^F\d+$/.test(keys));
}

/** @param {HTMLElement} element */
function isWriting(element) {
  return element.isContentEditable || element.matches("textarea, select, input:not([type=radio], [type=checkbox])");
}
