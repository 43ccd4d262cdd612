/**
 * One room on the screen: its head with the mode, hands, timeline and foot.
 *
 * Knows how the parts stand together. Refuses to know what is in them.
 */

import { button, el, fill, icon, modeIcon } from "./dom.js";
import { Foot } from "./foot.js";
import { Hands } from "./hands.js";
import { has, say, t } from "./language.js";
import { modeWords } from "./locked.js";
import { openModeDialog } from "./mode_dialog.js";
import { refusalWords } from "./refusals.js";
import { Timeline } from "./timeline.js";

export class RoomView {
  /**
   * @param {import("../hubbub/client.js").Client} client @param {import("../hubbub/room.js").Room} room
   * @param {{textChars: number|null, open: (address: string) => void, announce: (text: string) => void}} around
   */
  constructor(client, room, around) {
    this._client = client;
    this._room = room;
    this._announce = around.announce;
    this._ending = new AbortController();
    const { signal } = this._ending;
    this._mode = room.state?.mode;
    this._shown = "";
    this._title = el("h1", {});
    this._topic = el("p", { class: "topic", dir: "auto" });
    this._present = el("p", { class: "present" });
    this._strip = el("div", { class: "mode-strip" });
    this._closed = el("p", { class: "closed", role: "alert", hidden: true });
    this.foot = new Foot(client, room, around.textChars, around.open, signal);
    const timeline = new Timeline(client, room, (text) => this.foot.takeBack(text), signal);
    const hands = new Hands(client, room, signal);
    const head = el(
      "header",
      { class: "room-head" },
      el("div", { class: "titles" }, this._title, this._topic),
      this._present,
    );
    this.element = el(
      "main",
      { class: "conversation" },
      head,
      this._strip,
      hands.element,
      this._closed,
      timeline.element,
      this.foot.element,
    );
    for (const what of ["state", "rights"]) room.addEventListener(what, () => this._show(), { signal });
    room.addEventListener("present", () => this._showPresent(), { signal });
    room.addEventListener("closed", (event) => this._close(/** @type {CustomEvent} */ (event).detail), { signal });
    this._show();
  }

  end() {
    this._ending.abort();
    this.element.remove();
  }

  _show() {
    const { state, address, rights } = this._room;
    const { floor: _, ...shown } = state ?? {};
    const key = JSON.stringify([shown, rights]);
    if (key === this._shown) return; // what is drawn anew loses the keyboard's focus
    this._shown = key;
    const title = state?.title ?? address;
    fill(this._title, el("bdi", {}, title));
    this._topic.textContent = state?.topic ?? "";
    this.element.setAttribute("aria-label", title);
    this._showPresent();
    this._closed.hidden = true;
    if (state) this._showMode(state, title);
  }

  _showPresent() {
    fill(this._present, icon("people"), " ", say("room.present", { count: this._room.present }));
    this._present.hidden = this._room.state === null;
  }

  /** @param {import("../hubbub/types.js").RoomState} state @param {string} title */
  _showMode(state, title) {
    const { rights } = this._room;
    const isKnown = has(`mode.${state.mode}`);
    this._strip.className = `mode-strip mode-${isKnown ? state.mode : "other"}`;
    fill(
      this._strip,
      el(
        "span",
        { class: "mode-badge" },
        modeIcon(state.mode),
        el("strong", {}, isKnown ? t(`mode.${state.mode}`) : state.mode),
      ),
      el("span", { class: "mode-effect" }, t(isKnown ? `mode.effect.${state.mode}` : "locked.read_only")),
      rights?.publish && el("span", { class: "mode-why" }, modeWords(state)), // who may not write reads it in the panel
      rights?.moderate && button(t("mode.switch"), () => openModeDialog(this._client, this._room), { class: "switch" }),
    );
    if (this._mode && this._mode !== state.mode && isKnown)
      this._announce(t(`mode.flip.${state.mode}`, { room: title }));
    this._mode = state.mode;
  }

  /** @param {import("../hubbub/types.js").Nack|null} nack */
  _close(nack) {
    this._closed.hidden = false;
    this._closed.textContent = nack ? refusalWords(nack) : t("locked.closed");
  }
}
