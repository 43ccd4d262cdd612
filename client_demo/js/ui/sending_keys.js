/**
 * Which key sends and which one makes a new line.
 *
 * Knows the reader's choice and that a touch keyboard has no Shift. Refuses to know what is sent.
 */

import { setting } from "./settings.js";
import { t } from "./language.js";

/** Whether one writes with the thumbs: there Enter makes a line, and the button sends. */
function isTouch() {
  return matchMedia("(pointer: coarse)").matches;
}

function takesControl() {
  return setting("send_key") === "ctrl";
}

/** @param {KeyboardEvent} event */
export function isSending(event) {
  if (event.key !== "Enter" || event.isComposing || event.keyCode === 229) return false; // 229: Safari's last one
  if (event.ctrlKey || event.metaKey) return true;
  return !event.shiftKey && !takesControl() && !isTouch();
}

/** What the keys do, in words; nothing where there are none. */
export function keyWords() {
  if (isTouch()) return "";
  return t(takesControl() ? "composer.keys.ctrl" : "composer.keys");
}
