/**
 * Goes to a room by a few letters of its title.
 *
 * Knows a field and the rooms that fit it, as a combobox. Refuses to know how a room is opened.
 */

import { openDialog } from "./dialog.js";
import { el, fill, modeIcon } from "./dom.js";
import { language, t } from "./language.js";
import { ordered } from "./rooms_order.js";

/** @typedef {import("../hubbub/types.js").RoomCard} RoomCard */

const MOST = 50; // rooms shown at once: beyond, more letters help more than scrolling

/** @param {import("../hubbub/hub.js").Hub} hub @param {string} current @param {(address: string) => void} open */
export function openSwitcher(hub, current, open) {
  openDialog("switcher", t("switcher.title"), (dialog) => {
    const choose = (/** @type {string} */ address) => (dialog.close(), open(address));
    const choice = new Choice(hub, current, choose);
    dialog.addEventListener("focusin", () => choice.field.focus(), { once: true });
    return [choice.field, choice.list, choice.note];
  });
}

class Choice {
  /** @param {import("../hubbub/hub.js").Hub} hub @param {string} current @param {(address: string) => void} choose */
  constructor(hub, current, choose) {
    this._choose = choose;
    this._cards = unreadFirst(ordered(hub.cards.values(), language), current);
    this._fitting = /** @type {RoomCard[]} */ ([]);
    this._at = 0;
    this.field = el("input", {
      role: "combobox",
      "aria-expanded": "true",
      "aria-controls": "switcher-rooms",
      "aria-autocomplete": "list",
      "aria-label": t("switcher.label"),
      placeholder: t("switcher.label"),
      autocomplete: "off",
      autofocus: true,
      dir: "auto",
      on: { input: () => this._filter(), keydown: (/** @type {KeyboardEvent} */ event) => this._pressed(event) },
    });
    this.list = el("ul", { id: "switcher-rooms", role: "listbox", "aria-label": t("rooms.label") });
    this.note = el("p", { class: "hint", role: "status" });
    this._filter();
  }

  _filter() {
    const wanted = plain(this.field.value);
    const fits = (/** @type {RoomCard} */ card) => wanted.every((part) => plainText(card).includes(part));
    this._fitting = this._cards.filter(fits).slice(0, MOST);
    fill(
      this.list,
      this._fitting.map((card, index) => this._option(card, index)),
    );
    this.note.textContent = this._fitting.length === 0 ? t("switcher.none") : "";
    this._stand(0);
  }

  /** @param {RoomCard} card @param {number} index */
  _option(card, index) {
    const unread = card.messages > 0 && t("rooms.unread", { count: card.messages });
    const click = { click: () => this._choose(card.room) };
    const note = unread && el("span", { class: "hint" }, unread);
    const attributes = { id: `switcher-${index}`, role: "option", class: `option mode-${card.state.mode}`, on: click };
    return el("li", attributes, modeIcon(card.state.mode), el("bdi", {}, card.state.title), note);
  }

  /** @param {number} index */
  _stand(index) {
    this._at = index;
    for (const [place, option] of [...this.list.children].entries()) {
      option.setAttribute("aria-selected", String(place === index));
      if (place === index) option.scrollIntoView({ block: "nearest" });
    }
    this.field.setAttribute("aria-activedescendant", this._fitting.length > 0 ? `switcher-${index}` : "");
  }

  /** @param {KeyboardEvent} event */
  _pressed(event) {
    const { length } = this._fitting;
    if (event.isComposing || length === 0) return;
    if (event.key === "ArrowDown") this._stand((this._at + 1) % length);
    else if (event.key === "ArrowUp") this._stand((this._at + length - 1) % length);
    else if (event.key === "Enter") this._choose(this._fitting[this._at].room);
    else return;
    event.preventDefault();
  }
}

/** What is to be read comes first, where one is comes last. @param {RoomCard[]} cards @param {string} current */
function unreadFirst(cards, current) {
  const rank = (/** @type {RoomCard} */ card) => (card.room === current ? 2 : card.messages > 0 ? 0 : 1);
  return cards.sort((one, other) => rank(one) - rank(other));
}

/** Words without case and accents: nobody types those in a hurry. @param {string} text */
function plain(text) {
  return text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase().split(/\s+/).filter(Boolean);
}

/** @param {RoomCard} card */
function plainText(card) {
  return plain(`${card.state.title} ${card.room}`).join(" ");
}
