/**
 * Lines between the messages: a new day, where what is new begins, where something is missing.
 *
 * Knows their words. Refuses to know where they stand.
 */

import { el } from "./dom.js";
import { day, t } from "./language.js";

/** @typedef {import("./lines.js").Row} Row */

/** @param {import("./plan.js").Line} line @returns {Row} */
export function separatorRow({ kind, at }) {
  const element = { day: dayLine, unread: unreadLine, gap: gapLine }[/** @type {"day"|"unread"|"gap"} */ (kind)](at);
  return { element, update() {} };
}

/** @param {number} at */
function dayLine(at) {
  return el("h2", {}, day(at));
}

function unreadLine() {
  return el("p", {}, t("timeline.unread"));
}

function gapLine() {
  const load = el("button", { type: "button", "data-act": "load" }, t("timeline.gap.load"));
  return el("p", {}, t("timeline.gap"), " ", load);
}
