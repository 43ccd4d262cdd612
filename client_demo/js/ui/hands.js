/**
 * For a moderator: who asked to speak, oldest first, and who has the floor.
 *
 * Knows the floor of a room. Refuses to decide who may moderate.
 */

import { openAct } from "./act_dialog.js";
import { busyButton } from "./busy_button.js";
import { button, el, icon } from "./dom.js";
import { drawList } from "./drawn.js";
import { say, t } from "./language.js";
import { avatar, nameOf } from "./people.js";
import { ReasonField } from "./reason_field.js";
import { faultWords } from "./refusals.js";
import { agoElement } from "./times.js";

/** @typedef {import("../hubbub/types.js").Turn} Turn */

export class Hands {
  /**
   * @param {import("../hubbub/client.js").Client} client @param {import("../hubbub/room.js").Room} room
   */
  constructor(client, room) {
    this._client = client;
    this._room = room;
    this._fault = el("p", { class: "fault", role: "alert" });
    this._none = el("p", { class: "hint" });
    this._asked = el("ol", { class: "hands-asked" });
    this._given = el("ul", { class: "hands-given" });
    this.element = el("div", { class: "hands" }, this._none, this._asked, this._given, this._fault);
  }

  show() {
    const { mode, floor } = this._room.state ?? {};
    const { asked, given } = floor ?? { asked: [], given: [] };
    this._none.hidden = asked.length > 0;
    this._none.textContent = t(mode === "agora" ? "hands.none.agora" : "hands.none");
    const how = { keyOf: (/** @type {Turn} */ { id }) => id, looksOf: (/** @type {Turn} */ turn) => turn };
    drawList(this._asked, asked, { ...how, make: (turn) => this._askedLine(turn) });
    drawList(this._given, given, { ...how, make: (turn) => this._givenLine(turn) });
  }

  /** @param {Turn} turn */
  _askedLine(turn) {
    const who = nameOf(turn);
    const refuse = button(t("hands.refuse"), () => this._refuse(turn), {
      "aria-label": t("hands.refuse.label", { who }),
    });
    return el(
      "li",
      {},
      avatar(turn),
      el(
        "p",
        {},
        say("hands.asked", { who, time: agoElement(turn.at, () => this._client.now()) }),
        turn.reason ? el("q", { dir: "auto" }, turn.reason) : null,
      ),
      el("div", { class: "hand-ways" }, this._button("give", turn, "primary"), refuse),
    );
  }

  /** @param {Turn} turn */
  _givenLine(turn) {
    const words = say("hands.given", { who: nameOf(turn) });
    const ways = el("div", { class: "hand-ways" }, this._button("take", turn, ""));
    return el("li", { class: "has-floor" }, icon("hand"), el("p", {}, words), ways);
  }

  /** @param {"give"|"take"} action @param {Turn} turn @param {string} look */
  _button(action, turn, look) {
    const label = t(`hands.${action}.label`, { who: nameOf(turn) });
    return busyButton(t(`hands.${action}`), () => this._act(action, turn.id), { class: look, "aria-label": label });
  }

  /** No is said with a reason, if there is one to say. @param {Turn} turn */
  _refuse(turn) {
    const reason = new ReasonField("refuse-reason", { isOptional: true });
    openAct(this._client, this._room, {
      title: t("hands.refuse.label", { who: nameOf(turn) }),
      fields: [reason.element, el("p", { class: "hint" }, t("hands.refuse.after"))],
      submit: t("hands.refuse"),
      focus: () => reason.focus(),
      command: () => ({ t: "floor", action: "refuse", subject: turn.id, ...reason.command }),
    });
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
