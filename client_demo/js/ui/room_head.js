/**
 * The head of a room: its title and topic, how many are here, and its mode with who decided it, why, until when.
 *
 * Knows state and rights of a room. Refuses to know what is said in it.
 */

import { button, el, fill, icon, modeIcon } from "./dom.js";
import { has, number, say, t } from "./language.js";
import { later } from "./later.js";
import { modeWords } from "./mode_words.js";

const EVENTS = /** @type {const} */ (["state", "rights"]);
const modeDialog = later(() => import("./mode_dialog.js"));

export class RoomHead {
  /**
   * @param {import("../hubbub/client.js").Client} client @param {import("../hubbub/room.js").Room} room
   * @param {{announce: (text: string) => void, search: () => void}} around @param {AbortSignal} signal
   */
  constructor(client, room, { announce, search }, signal) {
    this._client = client;
    this._room = room;
    this._announce = announce;
    this._mode = room.state?.mode;
    this._shown = "";
    this._title = el("h1", {});
    this._topic = button("", () => this._fold(), { class: "topic", "aria-expanded": "false", dir: "auto" });
    /** Opens the people of the room, and says how many are here. */
    this.people = button("", () => {}, { class: "present" });
    /** Opens the raised hands, and says how many there are. */
    this.hands = button("", () => {}, { class: "hands-raised", hidden: true });
    this._badge = el("span", { class: "mode-badge" });
    this._effect = el("span", { class: "mode-effect" });
    this._why = el("span", { class: "mode-why" });
    this._switching = button(t("mode.switch"), () => this._switch(), { class: "switch" });
    this._strip = el(
      "div",
      { class: "mode-strip", hidden: true },
      this._badge,
      el("span", { class: "mode-words" }, this._effect, " ", this._why),
      this._switching,
    );
    const titles = el("div", { class: "titles" }, this._title, this._topic);
    const label = t("search.open");
    const find = button(icon("search"), search, { class: "tool", "aria-label": label, title: label });
    const head = el("div", { class: "room-head" }, titles, this.hands, this.people, find);
    this.element = el("header", { class: "room-top" }, head, this._strip);
    for (const what of EVENTS) room.addEventListener(what, () => this._show(), { signal });
    room.addEventListener("present", () => this._showPresent(), { signal });
    this._show();
  }

  _show() {
    const { state, address, rights } = this._room;
    const { floor: _, ...shown } = state ?? {};
    const key = JSON.stringify([shown, rights]);
    if (key === this._shown) return; // what is drawn anew loses the keyboard's focus
    this._shown = key;
    fill(this._title, el("bdi", {}, state?.title ?? address));
    this._topic.textContent = state?.topic ?? "";
    this._topic.hidden = !state?.topic;
    this._showPresent();
    if (state) this._showMode(state);
  }

  _showPresent() {
    fill(this.people, icon("people"), el("span", {}, say("room.present", { count: this._room.present })));
    this.people.hidden = this._room.state === null;
  }

  /** @param {number} count */
  showHands(count) {
    this.hands.hidden = count === 0;
    fill(this.hands, icon("hand"), el("span", { "aria-hidden": "true" }, number(count)));
    this.hands.setAttribute("aria-label", t("hands.count", { count }));
  }

  /** @param {import("../hubbub/types.js").RoomState} state */
  _showMode(state) {
    const isKnown = has(`mode.${state.mode}`);
    const word = isKnown ? t(`mode.${state.mode}`) : state.mode;
    this._strip.className = `mode-strip mode-${isKnown ? state.mode : "other"}`;
    this._strip.hidden = false;
    fill(this._badge, modeIcon(state.mode), el("strong", {}, word));
    this._effect.textContent = t(isKnown ? `mode.effect.${state.mode}` : "locked.read_only");
    fill(
      this._why,
      modeWords(state, () => this._client.now()),
    );
    this._switching.hidden = !this._room.rights?.moderate; // not drawn anew: whoever pressed it is still there
    if (this._mode && this._mode !== state.mode && isKnown)
      this._announce(t(`mode.flip.${state.mode}`, { room: state.title }));
    this._mode = state.mode;
  }

  _switch() {
    modeDialog(({ openModeDialog }) => openModeDialog(this._client, this._room));
  }

  /** A long topic is one line until it is asked for. */
  _fold() {
    const isOpen = this._topic.getAttribute("aria-expanded") !== "true";
    this._topic.setAttribute("aria-expanded", String(isOpen));
  }
}
