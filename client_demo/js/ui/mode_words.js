/**
 * Who set a room's mode, when, why and until when, as one sentence for everybody.
 *
 * Knows the state of a room. Refuses to know where the sentence stands.
 */

import { el } from "./dom.js";
import { moment, say, t } from "./language.js";
import { nameElement } from "./people.js";
import { untilElement } from "./times.js";

const MADE = "created"; // what the server gives as the reason of the mode that a room began with

/**
 * @param {import("../hubbub/types.js").RoomState} state
 * @param {() => number} [now]  The server's clock.
 * @returns {(Node|string)[]}
 */
export function modeWords(state, now = Date.now) {
  const until = state.mode_until ? [" ", ...say("mode.until", { time: untilElement(state.mode_until, now) })] : [];
  const time = moment(state.mode_since);
  const isMade = state.mode_reason === MADE;
  if (state.mode_by.id === "system") return [t(isMade ? "mode.made" : "mode.since", { time }), ...until];
  if (isMade) return [...say("mode.made_by", { who: nameElement(state.mode_by), time }), ...until];
  const reason = el("q", { class: "reason", dir: "auto" }, state.mode_reason);
  return [...say("mode.by", { who: nameElement(state.mode_by), time }), " ", reason, ...until];
}
