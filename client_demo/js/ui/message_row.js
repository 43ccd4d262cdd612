/**
 * One message as it stands in the timeline: of the log, or still on its way.
 *
 * Knows how a message looks in each of its states. Refuses to know where it stands.
 */

import { button, el } from "./dom.js";
import { say, t, timeElement, wholeMoment } from "./language.js";
import { avatar, kindBadge, nameElement } from "./people.js";
import { refusalWords } from "./refusals.js";

/** @typedef {import("../hubbub/types.js").Entry} Entry */
/** @typedef {import("../hubbub/types.js").Person} Person */
/** @typedef {import("../hubbub/outbox.js").Outgoing} Outgoing */

/** A message of the log. @param {Entry} entry @returns {HTMLElement} */
export function messageRow(entry) {
  if (entry.kind === "removed") return row(entry.by, entry.at, el("p", { class: "gone" }, t("message.removed")));
  const edited = entry.edited
    ? el("span", { class: "edited", title: wholeMoment(entry.edited) }, ` ${t("message.edited")}`)
    : null;
  const text = el("p", { class: "text", dir: "auto" }, entry.text ?? "", edited);
  return row(entry.by, entry.at, text, reactions(entry));
}

/**
 * A message that is not in the log yet.
 * @param {Outgoing} outgoing @param {Person} me
 * @param {{retry: () => void, takeBack: () => void, drop: () => void}} acts
 * @returns {HTMLElement}
 */
export function outgoingRow(outgoing, me, acts) {
  const text = el("p", { class: "text", dir: "auto" }, outgoing.text);
  const shown = row(me, outgoing.at, text, outcome(outgoing, acts));
  shown.classList.add(`is-${outgoing.status}`);
  return shown;
}

/** @param {Person} by @param {number} at @param {...(HTMLElement|null)} content */
function row(by, at, ...content) {
  return el(
    "article",
    { class: "message" },
    avatar(by),
    el("div", { class: "byline" }, nameElement(by), kindBadge(by), timeElement(at)),
    el("div", { class: "content" }, content),
  );
}

/** @param {Entry} entry */
function reactions(entry) {
  const counts = Object.entries(entry.reactions ?? {});
  if (counts.length === 0) return null;
  const chips = counts.map(([emoji, count]) =>
    el("li", { class: entry.mine?.includes(emoji) ? "is-mine" : null }, say("message.reaction", { emoji, count })),
  );
  return el("ul", { class: "reactions", "aria-label": t("message.reactions") }, chips);
}

/** @param {Outgoing} outgoing @param {{retry: () => void, takeBack: () => void, drop: () => void}} acts */
function outcome(outgoing, acts) {
  if (outgoing.status === "sending") return el("p", { class: "status" }, t("message.sending"));
  if (outgoing.status !== "failed" && outgoing.status !== "refused") return null;
  const words = outgoing.nack ? refusalWords(outgoing.nack) : t("message.failed");
  const mayRetry = !outgoing.nack || outgoing.nack.temporary;
  return el(
    "div",
    { class: "outcome", role: "alert" },
    el("p", {}, el("strong", {}, t("message.not_sent")), " ", el("bdi", {}, words)),
    mayRetry ? button(t("message.retry"), acts.retry) : null,
    button(t("message.take_back"), acts.takeBack),
    button(t("message.drop"), acts.drop),
  );
}
