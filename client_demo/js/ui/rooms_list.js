/**
 * The rooms of the hub: their titles, modes, and how much in them is unread.
 *
 * Knows cards of rooms. Refuses to know which room is open, but by its address.
 */

import { linkTo } from "./address.js";
import { button, el, fill, icon, modeIcon } from "./dom.js";
import { has, language, t } from "./language.js";
import { ordered } from "./rooms_order.js";

/** @typedef {import("../hubbub/types.js").RoomCard} RoomCard */

const BONES = 3; // lines that stand for rooms until they are known

export class RoomsList {
  /**
   * @param {import("../hubbub/client.js").Client} client
   * @param {{open: (address: string) => void, find: () => void}} ways
   * @param {AbortSignal} signal
   */
  constructor(client, ways, signal) {
    this._client = client;
    this._open = ways.open;
    this._current = "";
    this._items = /** @type {Map<string, RoomItem>} */ (new Map());
    this._list = el("ul", {});
    this._note = el("p", { class: "hint rooms-note" });
    const label = t("rooms.find");
    const find = button(icon("search"), ways.find, { class: "tool", "aria-label": label, title: `${label} (Ctrl+K)` });
    const head = el("div", { class: "rooms-head" }, el("h2", {}, t("rooms.label")), find);
    const attributes = { class: "rooms", id: "rooms", "aria-label": t("rooms.label") };
    this.element = el("nav", attributes, head, this._list, this._note);
    client.addEventListener("hub", () => this._show(), { signal });
    this._show();
  }

  /** @param {string} address */
  mark(address) {
    this._current = address;
    this._show();
  }

  /** The room that is open, or the first. */
  focus() {
    (this._items.get(this._current) ?? [...this._items.values()][0])?.element.querySelector("a")?.focus();
  }

  _show() {
    const { hub } = this._client;
    if (!hub.isFilled) return this._showBones();
    const cards = ordered(hub.cards.values(), language);
    this._note.textContent = cards.length === 0 ? t("rooms.none") : "";
    this._drop(cards);
    for (const [index, card] of cards.entries()) this._put(card, index);
  }

  _showBones() {
    const bone = () => el("li", { class: "bone", "aria-hidden": "true" });
    fill(this._list, Array.from({ length: BONES }, bone));
    this._note.textContent = t("rooms.loading");
  }

  /** @param {RoomCard[]} cards */
  _drop(cards) {
    for (const bone of this._list.querySelectorAll(".bone")) bone.remove();
    const there = new Set(cards.map((card) => card.room));
    for (const [address, item] of this._items) {
      if (there.has(address)) continue;
      item.element.remove();
      this._items.delete(address);
    }
  }

  /** Only what changed is drawn: somebody may stand on it. @param {RoomCard} card @param {number} index */
  _put(card, index) {
    const item = this._items.get(card.room) ?? new RoomItem(card.room, this._open);
    this._items.set(card.room, item);
    item.show(card, card.room === this._current);
    const place = this._list.children[index];
    if (place !== item.element) this._list.insertBefore(item.element, place ?? null);
  }
}

/** One room of the list. */
class RoomItem {
  /** @param {string} address @param {(address: string) => void} open */
  constructor(address, open) {
    this._shown = "";
    this._link = el("a", { class: "room", href: linkTo(address), "data-room": address });
    this._link.addEventListener("click", (event) => {
      if (event.ctrlKey || event.metaKey || event.shiftKey) return; // in a tab of its own
      event.preventDefault();
      open(address);
    });
    this.element = el("li", {}, this._link);
  }

  /** @param {RoomCard} card @param {boolean} isCurrent */
  show({ state, messages }, isCurrent) {
    const unread = isCurrent ? 0 : messages;
    const shown = JSON.stringify([state.title, state.mode, unread, isCurrent]);
    if (shown === this._shown) return;
    this._shown = shown;
    const word = has(`mode.${state.mode}`) ? t(`mode.${state.mode}`) : state.mode;
    this._link.className = `room mode-${state.mode}${unread > 0 ? " is-unread" : ""}`;
    if (isCurrent) this._link.setAttribute("aria-current", "page");
    else this._link.removeAttribute("aria-current");
    const mode = el("span", { class: "room-mode" }, word);
    const name = el("span", { class: "room-name" }, el("bdi", {}, state.title), mode);
    fill(this._link, modeIcon(state.mode), name, unread > 0 && unreadBadge(unread));
  }
}

/** @param {number} count */
function unreadBadge(count) {
  return [
    el("span", { class: "unread", "aria-hidden": "true" }, count > 99 ? "99+" : String(count)),
    el("span", { class: "visually-hidden" }, t("rooms.unread", { count })),
  ];
}
