/**
 * What a moderator decides in a room: its mode, who speaks, who is sanctioned, who has a role, its settings.
 *
 * Knows the sections. Refuses to decide who may moderate.
 */

import { button, el, modeIcon } from "./dom.js";
import { drawIfNew, drawList } from "./drawn.js";
import { Hands } from "./hands.js";
import { has, t } from "./language.js";
import { openModeDialog } from "./mode_dialog.js";
import { modeWords } from "./mode_words.js";
import { personLine } from "./person_line.js";
import { rolesOf } from "./roles.js";
import { Sanctions } from "./sanctions.js";
import { openRoomSettings } from "./room_settings.js";
import { rankOf } from "./speakers.js";
import { lengthWords } from "./times.js";

/** @typedef {import("../hubbub/types.js").Person} Person */

export class ModerationPane {
  /**
   * @param {import("../hubbub/client.js").Client} client @param {import("../hubbub/room.js").Room} room
   * @param {(person: Person) => void} moderate
   */
  constructor(client, room, moderate) {
    this._client = client;
    this._room = room;
    this._moderate = moderate;
    this._mode = el("div", { class: "moderation-mode" });
    this._hands = new Hands(client, room);
    this._sanctions = new Sanctions(client, room);
    this._roles = el("ul", { class: "roles" });
    this._settings = el("p", { class: "hint" });
    const switching = button(t("mode.switch"), () => openModeDialog(client, room), { class: "primary" });
    this.element = el(
      "div",
      { class: "moderation" },
      section(t("moderation.hands"), this._hands.element),
      section(t("moderation.mode"), this._mode, switching),
      section(
        t("moderation.sanctions"),
        this._sanctions.element,
        el("p", { class: "hint" }, t("moderation.sanctions.how")),
      ),
      section(t("moderation.roles"), this._roles, el("p", { class: "hint" }, t("moderation.roles.how"))),
      section(
        t("moderation.settings"),
        this._settings,
        button(t("moderation.change"), () => openRoomSettings(client, room)),
      ),
    );
  }

  /** Asks for what is not told by itself. */
  refresh() {
    this._sanctions.refresh();
    rolesOf(this._client).refresh();
  }

  show() {
    const { state } = this._room;
    if (!state) return;
    this._hands.show();
    const { mode, mode_by, mode_since, mode_reason, mode_until } = state;
    drawIfNew(this._mode, [mode, mode_by, mode_since, mode_reason, mode_until], () => this._modeLines(state));
    this._settings.textContent = state.slow_ms
      ? t("moderation.slow", { span: lengthWords(state.slow_ms) })
      : t("moderation.slow.off");
    this._showRoles();
  }

  /** @param {import("../hubbub/types.js").RoomState} state */
  _modeLines(state) {
    const word = has(`mode.${state.mode}`) ? t(`mode.${state.mode}`) : state.mode;
    const badge = el("span", { class: "mode-name" }, modeIcon(state.mode), el("strong", {}, word));
    return [
      el("p", { class: `mode-${state.mode}` }, badge),
      el(
        "p",
        { class: "hint" },
        modeWords(state, () => this._client.now()),
      ),
    ];
  }

  _showRoles() {
    const granted = [...rolesOf(this._client).granted].sort((one, other) => rankOf(other.role) - rankOf(one.role));
    const mine = rankOf(this._room.role);
    drawList(this._roles, granted, {
      keyOf: ({ id }) => id,
      looksOf: (person) => [person, mine],
      make: (person) => {
        const may = mine > rankOf(person.role) || mine === rankOf("owner");
        const role = el("span", { class: "hint" }, t(`role.${person.role}`));
        return personLine(person, { moderate: may ? () => this._moderate(person) : null }, role);
      },
    });
  }
}

/** @param {string} title @param {...Node} content */
function section(title, ...content) {
  return el("section", {}, el("h3", {}, title), ...content);
}
