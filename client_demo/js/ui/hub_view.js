/**
 * The hub on the screen: its bar, the rooms, the open room, and the ways between them.
 *
 * Knows which room is open. Refuses to know what happens in a room.
 */

import { goTo, placeIn } from "./address.js";
import { Banner } from "./banner.js";
import { connectionDot } from "./connection_dot.js";
import { button, el, fill, icon } from "./dom.js";
import { Drawer } from "./drawer.js";
import { listen } from "./keyboard.js";
import { language, t } from "./language.js";
import { languageButton } from "./language_button.js";
import { failures, later } from "./later.js";
import { nameElement, nameOf } from "./people.js";
import { refusalWords } from "./refusals.js";
import { cycle } from "./regions.js";
import { RoomView } from "./room_view.js";
import { RoomsList } from "./rooms_list.js";
import { neighbour, ordered } from "./rooms_order.js";
import { showTab } from "./tab_title.js";

/** @typedef {import("../hubbub/client.js").Client} Client */
/**
 * @typedef {object} Around  What the page gives a hub.
 * @property {string} kept  The room that was open on the last visit.
 * @property {(language: string) => Promise<void>} speak
 * @property {(address: string) => void} onOpen
 * @property {() => void} onLeave
 */

const switcher = later(() => import("./switcher.js"));
const settings = later(() => import("./settings_dialog.js"));
const inspector = later(() => import("./inspector.js"));
const help = later(() => import("./help_dialog.js"));
const NARROW = "(width < 50rem)"; // as the style sheet has it

export class HubView {
  /** @param {Client} client @param {Around} around */
  constructor(client, around) {
    this._client = client;
    this._around = around;
    this._ending = new AbortController();
    const { signal } = this._ending;
    this._room = /** @type {RoomView|null} */ (null);
    this._opened = "";
    this._isGuess = false; // whether nobody asked for the room that is open
    this._me = el("span", { class: "me" });
    this._status = el("p", { class: "visually-hidden", role: "status" });
    this._banner = new Banner(client, (text) => this.announce(text), signal);
    this._stage = el("div", { class: "stage" });
    this._rooms = new RoomsList(client, { open: (to) => this.open(to), find: () => this.find() }, signal);
    const label = t("rooms.label");
    const attributes = { class: "tool menu", "aria-label": label };
    const menu = button(icon("menu"), () => this._drawer.toggle(), attributes);
    this._drawer = new Drawer(this._rooms.element, menu, NARROW, () => [this._stage], signal);
    const parts = [this._bar(menu), this._rooms.element, this._stage, this._drawer.scrim, this._status];
    this.element = el("div", { class: "hub" }, parts);
    this._listen(signal);
    this._showMe();
    this._start();
  }

  end() {
    this._ending.abort();
    this._room?.end();
  }

  /**
   * Into a room, and to an entry of it.
   * @param {string} address
   * @param {{seq?: number, how?: "push"|"replace"}} [way]  How the URL takes note of it.
   */
  open(address, { seq, how = "push" } = {}) {
    this._drawer.close();
    if (address !== this._opened) this._enter(address, how);
    if (seq !== undefined) this._room?.jumpTo(seq);
  }

  /** To those who do not see the screen. @param {string} text */
  announce(text) {
    this._status.textContent = text;
  }

  /** A room, by a few letters of its title. */
  find() {
    switcher(({ openSwitcher }) => openSwitcher(this._client.hub, this._opened, (address) => this.open(address)));
  }

  /** @param {string} address @param {"push"|"replace"} how */
  _enter(address, how) {
    this._room?.end();
    if (this._opened) this._client.leave(this._opened);
    this._opened = address;
    this._room = new RoomView(this._client, this._client.open(address), {
      announce: (text) => this.announce(text),
      open: (other, seq) => this.open(other, { seq }),
      banner: this._banner.element,
    });
    fill(this._stage, this._room.element);
    this._rooms.mark(address);
    goTo(address, how);
    this._around.onOpen(address);
    this._showTab();
  }

  /** @param {AbortSignal} signal */
  _listen(signal) {
    const { _client: client } = this;
    client.addEventListener("hub", () => this._changed(), { signal });
    client.addEventListener("hub-refused", ({ detail }) => this._refuse(detail), { signal });
    client.addEventListener("welcome", () => this._showMe(), { signal });
    document.addEventListener("visibilitychange", () => this._showTab(), { signal });
    failures.addEventListener("failed", () => this.announce(t("bar.failed")), { signal });
    addEventListener("popstate", () => this._wentTo(), { signal });
    listen(this._shortcuts(), signal);
  }

  /** Where the URL points, or where one was: that room is asked for before the others are known. */
  _start() {
    const { kept } = this._around;
    this._isGuess = placeIn(location.hash) === null;
    if (!this._isGuess) this._wentTo();
    else if (kept) this.open(kept, { how: "replace" });
    else this._showNote(el("p", { class: "empty" }, t("rooms.loading")));
    const { refusedBy } = this._client.hub;
    if (refusedBy) this._refuse(refusedBy);
    else this._changed();
  }

  /** Back, forward, or a link to an entry. */
  _wentTo() {
    const place = placeIn(location.hash);
    if (place) this._isGuess = false;
    if (place) this.open(place.room, { seq: place.seq, how: "replace" });
  }

  _changed() {
    const { hub } = this._client;
    this._showTab();
    if (!hub.isFilled || hub.cards.has(this._opened)) return;
    if (!this._isGuess) return; // the room itself says that it is not there
    if (hub.cards.size > 0) this.open(this._first(), { how: "replace" });
    else this._showNote(el("p", { class: "empty" }, t("rooms.none")));
  }

  /** What stands where a room would. @param {HTMLElement} words */
  _showNote(words) {
    fill(this._stage, el("main", { class: "conversation" }, words, this._banner.element));
  }

  /** A room where people talk, or any. */
  _first() {
    const cards = ordered(this._client.hub.cards.values(), language);
    return (cards.find((card) => card.state.mode === "agora") ?? cards[0]).room;
  }

  /** @param {HTMLElement} menu */
  _bar(menu) {
    const { signal } = this._ending;
    const skip = button(t("bar.skip"), () => this._room?.foot.focus(), { class: "skip" });
    const name = el("bdi", { class: "hub-name" }, this._client.hub.name);
    const place = el("p", { class: "place" }, el("span", { class: "brand" }, "Hubbub"), name);
    const dot = connectionDot(this._client, () => this._inspect(), signal);
    const tools = [
      languageButton(this._around.speak),
      tool("help", t("help.title"), showHelp),
      tool("settings", t("settings.title"), () => this._openSettings()),
    ];
    return el("header", { class: "bar" }, skip, menu, place, dot, this._me, tools);
  }

  _openSettings() {
    const me = this._client.identity;
    const ways = {
      me: me ? nameOf(me) : "",
      speak: this._around.speak,
      inspect: () => this._inspect(),
      help: showHelp,
      leave: this._around.onLeave,
    };
    settings(({ openSettings }) => openSettings(ways));
  }

  _inspect() {
    const room = () => this._client.rooms.get(this._opened);
    inspector(({ openInspector }) => openInspector(this._client, room, this._ending.signal));
  }

  /** @returns {import("./keyboard.js").Shortcuts} */
  _shortcuts() {
    return {
      "Mod+K": () => this.find(),
      "Alt+ArrowUp": () => this._step(-1, false),
      "Alt+ArrowDown": () => this._step(1, false),
      "Alt+Shift+ArrowUp": () => this._step(-1, true),
      "Alt+Shift+ArrowDown": () => this._step(1, true),
      "Mod+F6": () => cycle(this._regions(), 1, true),
      "Mod+Shift+F6": () => cycle(this._regions(), -1, true),
      F6: () => cycle(this._regions(), 1, false),
      "Shift+F6": () => cycle(this._regions(), -1, false),
      "Mod+Shift+Y": () => this._room?.askToSpeak(),
      "Alt+Shift+I": () => this._inspect(),
      "Mod+/": showHelp,
      "?": showHelp,
      "/": () => this._room?.openSearch(),
      End: () => this._room?.toLatest(),
    };
  }

  /** @param {1|-1} step @param {boolean} isUnread */
  _step(step, isUnread) {
    const cards = ordered(this._client.hub.cards.values(), language);
    const next = neighbour(cards, this._opened, step, isUnread);
    if (next) this.open(next);
  }

  _regions() {
    const rooms = { element: this._rooms.element, focus: () => this._rooms.focus() };
    return [rooms, ...(this._room?.regions ?? [])];
  }

  _showMe() {
    const me = this._client.identity;
    if (me) fill(this._me, nameElement(me));
  }

  _showTab() {
    const { cards, name } = this._client.hub;
    const isRead = (/** @type {string} */ room) => room === this._opened && !document.hidden;
    const unread = [...cards.values()].reduce((sum, card) => sum + (isRead(card.room) ? 0 : card.messages), 0);
    const title = cards.get(this._opened)?.state.title;
    showTab(title ? [title, name] : [name], unread);
  }

  /** @param {import("../hubbub/types.js").Nack} nack */
  _refuse(nack) {
    this._room?.end();
    this._opened = "";
    this._showNote(el("p", { class: "closed", role: "alert" }, refusalWords(nack)));
  }
}

function showHelp() {
  help(({ openHelp }) => openHelp());
}

/** @param {"help"|"settings"} name @param {string} label @param {() => void} onPress */
function tool(name, label, onPress) {
  return button(icon(name), onPress, { class: `tool open-${name}`, "aria-label": label, title: label });
}
