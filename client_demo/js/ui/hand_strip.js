/**
 * For a moderator on a narrow screen: the oldest raised hand, above the composer.
 *
 * Knows how many hands are up. Refuses to know the others: they stand in the third pane.
 */

import { busyButton } from "./busy_button.js";
import { el, icon } from "./dom.js";
import { drawIfNew } from "./drawn.js";
import { say, t } from "./language.js";
import { nameOf } from "./people.js";

export class HandStrip {
  /**
   * @param {import("../hubbub/room.js").Room} room @param {import("./speaking.js").Speaking} speaking
   * @param {AbortSignal} signal
   */
  constructor(room, speaking, signal) {
    this._room = room;
    this._speaking = speaking;
    this.element = el("div", { class: "hand-strip", hidden: true });
    for (const what of /** @type {const} */ (["state", "rights", "closed"]))
      room.addEventListener(what, () => this._show(), { signal });
    this._show();
  }

  _show() {
    const asked = (this._room.rights?.moderate && this._room.state?.floor?.asked) || [];
    const [first] = asked;
    this.element.hidden = !first;
    drawIfNew(this.element, [first, asked.length], () => (first ? this._content(first, asked.length) : []));
  }

  /** @param {import("../hubbub/types.js").Turn} first @param {number} count */
  _content(first, count) {
    const who = nameOf(first);
    const words = count > 1 ? say("hands.first", { who, count: count - 1 }) : say("hands.one", { who });
    const give = { t: "floor", action: "give", subject: first.id };
    const work = () => this._speaking.act(give);
    const label = t("hands.give.label", { who });
    return [icon("hand"), el("p", {}, words), busyButton(t("hands.give"), work, { "aria-label": label })];
  }
}
