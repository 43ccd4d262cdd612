/**
 * What became of a message that is not in the log: on its way, failed, refused; and what its author can do.
 *
 * Knows states, the server's refusal and the ways out of it. Refuses to take one (message_acts.js).
 */

import { el, icon } from "./dom.js";
import { t } from "./language.js";
import { refusalWords } from "./refusals.js";

/** @typedef {import("../hubbub/outbox.js").Outgoing} Outgoing */
/** @typedef {"retry"|"take_back"|"ask"|"discuss"|"drop"} Way */

/**
 * What one can do about a message that was not sent, best first.
 * @param {Outgoing} outgoing @param {{mayAsk: boolean, hasDiscussion: boolean}} room @returns {Way[]}
 */
export function waysOut({ status, nack }, { mayAsk, hasDiscussion }) {
  if (status !== "failed" && status !== "refused") return [];
  const ways = /** @type {Way[]} */ ([]);
  if (!nack || nack.temporary) ways.push("retry");
  ways.push("take_back");
  if (mayAsk && nack?.instead?.includes("floor")) ways.push("ask");
  if (hasDiscussion && nack?.instead?.includes("about")) ways.push("discuss");
  return [...ways, "drop"];
}

/** @param {Outgoing} outgoing @returns {string} */
export function outcomeWords({ nack }) {
  return nack ? refusalWords(nack) : t("message.failed");
}

/** @param {Outgoing} outgoing @param {readonly string[]} ways @returns {HTMLElement|null} */
export function outcome(outgoing, ways) {
  // Said aloud elsewhere, as an alert: not once more by the log it stands in.
  if (outgoing.status === "sending") return el("p", { class: "status", "aria-live": "off" }, t("message.sending"));
  if (ways.length === 0) return null;
  return el(
    "div",
    { class: "outcome", "aria-live": "off" },
    el(
      "p",
      {},
      icon("warning"),
      " ",
      el("strong", {}, t("message.not_sent")),
      " ",
      el("bdi", {}, outcomeWords(outgoing)),
    ),
    ways.map((way) => el("button", { type: "button", "data-act": way }, t(`message.${way}`))),
  );
}
