/**
 * For a moderator: who asked to speak, oldest first, and who has the floor.
 *
 * Knows the floor of a room. Refuses to decide who may moderate.
 */

import { el, fill, icon } from "./dom.js";
import { moment, say, t } from "./language.js";
import { busyButton } from "./locked.js";
import { nameOf } from "./people.js";
import { faultWords } from "./refusals.js";

/** @typedef {import("../hubbub/types.js").Turn} Turn */

export class Hands {
  /**
   * @param {import("../hubbub/client.js").Client} client
   * @param {import("../hubbub/room.js").Room} room
   * @param {AbortSignal} signal
   */
  constructor(client, room, signal) {
    this._client = client;
    this._room = room;
    this._shown = "";
    this._fault = el("p", { class: "fault", role: "alert" });
    this._list = el("ul", {});
    this.element = el(
      "section",
      { class: "hands", "aria-label": t("hands.label"), hidden: true },
      this._list,
      this._fault,
    );
    for (const what of ["state", "rights", "closed"]) room.addEventListener(what, () => this._show(), { signal });
    this._show();
  }

  _show() {
    const { asked, given } = this._room.state?.floor ?? { asked: [], given: [] };
    const isShown = Boolean(this._room.rights?.moderate) && asked.length + given.length > 0;
    const shown = JSON.stringify([isShown, asked, given]);
    if (shown === this._shown) return;
    this._shown = shown;
    this.element.hidden = !isShown;
    this._fault.textContent = "";
    fill(
      this._list,
      isShown && asked.map((turn) => this._asked(turn)),
      isShown && given.map((turn) => this._given(turn)),
    );
  }

  /** @param {Turn} turn */
  _asked(turn) {
    return el(
      "li",
      {},
      icon("hand"),
      el(
        "p",
        {},
        say("hands.asked", { who: nameOf(turn), time: moment(turn.at) }),
        turn.reason && [" ", el("q", { dir: "auto" }, turn.reason)],
      ),
      this._button("give", turn, "primary"),
      this._button("refuse", turn, ""),
    );
  }

  /** @param {Turn} turn */
  _given(turn) {
    return el(
      "li",
      { class: "has-floor" },
      icon("hand"),
      el("p", {}, say("hands.given", { who: nameOf(turn) })),
      this._button("take", turn, ""),
    );
  }

  /** @param {"give"|"refuse"|"take"} action @param {Turn} turn @param {string} look */
  _button(action, turn, look) {
    const label = t(`hands.${action}.label`, { who: nameOf(turn) });
    return busyButton(t(`hands.${action}`), () => this._act(action, turn.id), { class: look, "aria-label": label });
  }

  /** @param {string} action @param {string} subject */
  async _act(action, subject) {
    this._fault.textContent = "";
    try {
      await this._client.act(this._room, { t: "floor", action, subject });
    } catch (fault) {
      this._fault.textContent = faultWords(fault);
    }
  }
}
