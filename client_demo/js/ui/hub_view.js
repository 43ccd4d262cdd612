/**
 * The hub on the screen: its bar, the rooms, the open room, the banner.
 *
 * Knows which room is open, and how wide a screen is. Refuses to know what happens in a room.
 */

import { Banner } from "./banner.js";
import { button, el, fill, icon } from "./dom.js";
import { t } from "./language.js";
import { nameElement } from "./people.js";
import { refusalWords } from "./refusals.js";
import { RoomView } from "./room_view.js";
import { RoomsList } from "./rooms_list.js";

/**
 * @typedef {object} Around  What the page gives a hub.
 * @property {HTMLElement} tools
 * @property {string} open  The room to open, if it is there.
 * @property {() => number|null} textChars  The longest message, once the server has said it.
 * @property {(address: string) => void} onOpen
 * @property {() => void} onLeave
 */

export class HubView {
  /** @param {import("../hubbub/client.js").Client} client @param {Around} around */
  constructor(client, around) {
    this._client = client;
    this._around = around;
    this._ending = new AbortController();
    const { signal } = this._ending;
    this._room = /** @type {RoomView|null} */ (null);
    this._opened = "";
    this._me = el("span", { class: "me" });
    this._status = el("p", { class: "visually-hidden", role: "status" });
    this._stage = el("div", { class: "stage" }, el("p", { class: "empty" }, t("timeline.loading")));
    this._menu = button(icon("menu"), () => this._toggle(), {
      class: "tool menu",
      "aria-expanded": "false",
      "aria-controls": "rooms",
      "aria-label": t("rooms.label"),
    });
    this._rooms = new RoomsList(client, (address) => this.open(address), signal);
    this.element = el(
      "div",
      { class: "hub" },
      this._bar(),
      new Banner(client, signal).element,
      this._rooms.element,
      this._stage,
      this._status,
    );
    client.addEventListener("hub", () => this._changed(), { signal });
    client.addEventListener("hub-refused", (event) => this._refuse(/** @type {CustomEvent} */ (event).detail), {
      signal,
    });
    client.addEventListener("welcome", () => this._showMe(), { signal });
    document.addEventListener("keydown", (event) => event.key === "Escape" && this._toggle(false), { signal });
    this._showMe();
    this._changed();
  }

  end() {
    this._ending.abort();
    this._room?.end();
    this.element.remove();
  }

  /** @param {string} address */
  open(address) {
    this._toggle(false);
    if (address === this._opened) return;
    this._room?.end();
    if (this._opened) this._client.leave(this._opened);
    this._opened = address;
    const textChars = this._around.textChars();
    const announce = (/** @type {string} */ text) => void (this._status.textContent = text);
    this._room = new RoomView(this._client, this._client.open(address), {
      textChars,
      announce,
      open: (other) => this.open(other),
    });
    fill(this._stage, this._room.element);
    this._rooms.mark(address);
    this._around.onOpen(address);
  }

  _bar() {
    const leave = button(icon("leave"), this._around.onLeave, {
      class: "tool leave",
      "aria-label": t("tools.leave"),
      title: t("tools.leave"),
    });
    const skip = el("a", { class: "skip", href: "#composer" }, t("tools.skip"));
    const place = el(
      "p",
      { class: "place" },
      el("span", { class: "brand" }, "Hubbub"),
      el("bdi", { class: "hub-name" }, this._client.hub.name),
    );
    return el("header", { class: "bar" }, skip, this._menu, place, this._me, this._around.tools, leave);
  }

  _showMe() {
    const me = this._client.identity;
    if (me) fill(this._me, nameElement(me));
  }

  _changed() {
    const { cards, name } = this._client.hub;
    const unread = [...cards.values()].reduce((sum, card) => sum + (card.room === this._opened ? 0 : card.messages), 0);
    document.title = `${unread > 0 ? `(${unread}) ` : ""}${name} · Hubbub`;
    if (!this._opened && cards.size > 0) this.open(this._first());
  }

  /** The room that was open, or one where people talk. */
  _first() {
    const { cards } = this._client.hub;
    if (cards.has(this._around.open)) return this._around.open;
    const open = [...cards.values()].find((card) => card.state.mode === "agora");
    return (open ?? [...cards.values()][0]).room;
  }

  /** @param {import("../hubbub/types.js").Nack} nack */
  _refuse(nack) {
    fill(
      this._stage,
      el("main", { class: "conversation" }, el("p", { class: "closed", role: "alert" }, refusalWords(nack))),
    );
  }

  /** @param {boolean} [isOpen] */
  _toggle(isOpen = !this.element.classList.contains("is-choosing")) {
    this.element.classList.toggle("is-choosing", isOpen);
    this._menu.setAttribute("aria-expanded", String(isOpen));
  }
}
