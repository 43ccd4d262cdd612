/**
 * Who is under a sanction in a room or its hub: who decided it, why, until when; and the way to lift it.
 *
 * Knows the list that the server gives to moderators. Refuses to know how sanctions come about.
 */

import { openAct } from "./act_dialog.js";
import { button, el, icon } from "./dom.js";
import { drawList } from "./drawn.js";
import { say, t } from "./language.js";
import { nameElement, nameOf } from "./people.js";
import { ReasonField } from "./reason_field.js";
import { untilElement } from "./times.js";

/**
 * @typedef {import("../hubbub/types.js").Person & {action: "mute"|"ban", scope: "room"|"hub", room: string,
 *   reason: string, until?: number, by: import("../hubbub/types.js").Person, at: number, seq: number}} Sanction
 */

export class Sanctions {
  /** @param {import("../hubbub/client.js").Client} client @param {import("../hubbub/room.js").Room} room */
  constructor(client, room) {
    this._client = client;
    this._room = room;
    this._asked = 0;
    this._list = el("ul", { class: "sanctions" });
    this._none = el("p", { class: "hint" }, t("moderation.sanctions.none"));
    this.element = el("div", {}, this._none, this._list);
  }

  /** Asks the server; the newest answer counts, and without one what was known stays. */
  async refresh() {
    const asked = ++this._asked;
    const all = /** @type {Sanction[]} */ (await this._client.people("sanctions").catch(() => null));
    if (!all || asked !== this._asked) return;
    const isHere = (/** @type {Sanction} */ { scope, room }) => scope === "hub" || room === this._room.address;
    this._show(all.filter(isHere).sort((one, other) => other.at - one.at));
  }

  /** @param {Sanction[]} sanctions */
  _show(sanctions) {
    this._none.hidden = sanctions.length > 0;
    drawList(this._list, sanctions, {
      keyOf: ({ room, seq }) => `${room} ${seq}`,
      looksOf: (sanction) => sanction,
      make: (sanction) => this._line(sanction),
    });
  }

  /** @param {Sanction} sanction */
  _line(sanction) {
    const { action, scope, by, reason, until } = sanction;
    const who = nameOf(sanction);
    const end = until
      ? say("mode.until", { time: untilElement(until, () => this._client.now()) })
      : [t("moderation.no_end")];
    return el(
      "li",
      { class: "sanction" },
      icon(action === "ban" ? "ban" : "mute"),
      el(
        "div",
        { class: "person-words" },
        el("p", {}, say(`moderation.is.${action}.${scope}`, { who: nameElement(sanction) })),
        el(
          "p",
          { class: "hint" },
          say("moderation.decided", { who: by.name ?? by.id }),
          " ",
          el("q", { dir: "auto" }, reason),
        ),
        el("p", { class: "hint" }, end),
      ),
      button(t("moderation.lift"), () => this._lift(sanction), {
        "aria-label": t(`moderation.lift.${action}`, { who }),
      }),
    );
  }

  /** @param {Sanction} sanction */
  _lift({ id, name, action, scope }) {
    const reason = new ReasonField("lift-reason");
    openAct(this._client, this._room, {
      title: t(`moderation.lift.${action}`, { who: name ?? id }),
      fields: [reason.element],
      submit: t("moderation.lift"),
      focus: () => reason.focus(),
      command: () =>
        reason.command
          ? { t: "sanction", action: `un${action}`, subject: id, scope, ...reason.command }
          : (reason.focus(), t("moderation.reason_missing")),
      done: () => this.refresh(),
    });
  }
}
