/**
 * The rooms of the hub: their names, modes, and how much in them is unread.
 *
 * Knows cards of rooms. Refuses to know which room is open, but by its address.
 */

import { button, el, fill, modeIcon } from "./dom.js";
import { has, t } from "./language.js";

export class RoomsList {
  /**
   * @param {import("../hubbub/client.js").Client} client
   * @param {(address: string) => void} open
   * @param {AbortSignal} signal
   */
  constructor(client, open, signal) {
    this._client = client;
    this._open = open;
    this._current = "";
    this._shown = "";
    this._list = el("ul", {});
    this.element = el(
      "nav",
      { class: "rooms", id: "rooms", "aria-label": t("rooms.label") },
      el("h2", {}, t("rooms.label")),
      this._list,
    );
    client.addEventListener("hub", () => this._show(), { signal });
    this._show();
  }

  /** @param {string} address */
  mark(address) {
    this._current = address;
    this._show();
  }

  _show() {
    const cards = [...this._client.hub.cards.values()].sort((one, other) => one.room.localeCompare(other.room));
    const shown = JSON.stringify([
      this._current,
      cards.map(({ room, state, messages }) => [room, state.title, state.mode, messages]),
    ]);
    if (shown === this._shown) return;
    this._shown = shown;
    const focused = /** @type {HTMLElement|null} */ (document.activeElement)?.dataset.room;
    fill(
      this._list,
      cards.map((card) => el("li", {}, this._item(card))),
    );
    if (focused)
      /** @type {HTMLElement|null} */ (this._list.querySelector(`[data-room="${CSS.escape(focused)}"]`))?.focus();
  }

  /** @param {import("../hubbub/types.js").RoomCard} card */
  _item({ room, state, messages }) {
    const word = has(`mode.${state.mode}`) ? t(`mode.${state.mode}`) : state.mode;
    const isCurrent = room === this._current;
    const unread = !isCurrent && messages > 0;
    return button(
      [
        modeIcon(state.mode),
        el("span", { class: "room-name" }, el("bdi", {}, state.title), el("span", { class: "room-mode" }, word)),
        unread &&
          el("span", { class: "unread", "aria-label": t("rooms.unread", { count: messages }) }, String(messages)),
      ],
      () => this._open(room),
      { class: `room mode-${state.mode}`, "data-room": room, "aria-current": isCurrent && "page" },
    );
  }
}
