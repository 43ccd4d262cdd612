/**
 * Who is writing right now, in a line whose height never changes.
 *
 * Knows the typists of a room. Refuses to know when somebody stops: the room forgets them.
 */

import { el, fill } from "./dom.js";
import { language, say, t } from "./language.js";
import { nameOf } from "./people.js";

const NAMED = 3; // people; more are counted

export class TypingLine {
  /** @param {import("../hubbub/room.js").Room} room @param {AbortSignal} signal */
  constructor(room, signal) {
    this._room = room;
    this._words = el("span", {});
    this.element = el("p", { class: "typing" }, this._words); // seen, not read out: it would never be quiet
    for (const what of /** @type {const} */ (["typing", "rights", "state"]))
      room.addEventListener(what, () => this._show(), { signal });
    this._show();
  }

  _show() {
    const { typists, rights } = this._room;
    const names = rights?.publish ? typists.map(nameOf) : []; // who only listens is not made to wait
    this.element.classList.toggle("is-typing", names.length > 0);
    fill(this._words, names.length > 0 ? say("typing", { count: names.length, names: listed(names) }) : []);
  }
}

/** "Amina, Max and 3 others". @param {string[]} names @returns {Node} */
function listed(names) {
  const more = names.length - NAMED;
  const shown = more > 0 ? [...names.slice(0, NAMED), t("typing.others", { count: more })] : names;
  const parts = new Intl.ListFormat(language, { type: "conjunction" }).formatToParts(shown);
  let place = 0;
  return el(
    "span",
    {},
    parts.map(({ type, value }) => (type === "element" && place++ < NAMED ? el("bdi", {}, value) : value)),
  );
}
