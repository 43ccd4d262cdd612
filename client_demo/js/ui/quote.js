/**
 * What a message answers: the quote of another above it, or the announcement it is about.
 *
 * Knows how the answered is shown, also when it is gone or not at hand. Refuses to fetch it.
 */

import { el, icon } from "./dom.js";
import { say, t } from "./language.js";
import { nameElement } from "./people.js";

/** @typedef {import("../hubbub/types.js").Entry} Entry */

const QUOTED_CHARS = 160; // the style sheet cuts after a line; more is never seen

/** A quote that leads to what it quotes. @param {Entry|number} quoted  A number where it is not at hand. */
export function quoteLine(quoted) {
  const seq = typeof quoted === "number" ? quoted : quoted.seq;
  const attributes = { type: "button", class: "quote", tabindex: -1, "data-act": "jump", "data-to": seq };
  return el(
    "button",
    attributes,
    icon("reply"),
    el("span", { class: "visually-hidden" }, t("message.answers")),
    shown(quoted),
  );
}

/** @param {Entry|number} quoted */
function shown(quoted) {
  if (typeof quoted === "number") return el("span", { class: "quoted" }, t("message.quote.earlier"));
  if (quoted.kind === "removed") return el("span", { class: "quoted gone" }, t("message.quote.removed"));
  const text = el("span", { class: "quoted", dir: "auto" }, (quoted.text ?? "").slice(0, QUOTED_CHARS));
  return el("span", { class: "quoting" }, nameElement(quoted.by), " ", text);
}

/**
 * The announcement that a message is about.
 * @param {string} about  Its address, `hub/room/seq`, and its room's title.
 */
export function aboutLine(about) {
  const [place, ...title] = about.split(" ");
  const words = say("message.about", { room: title.join(" ") });
  const attributes = { type: "button", class: "quote", tabindex: -1, "data-act": "open", "data-to": place };
  return el("button", attributes, icon("announcement"), el("span", { class: "quoted" }, words));
}
