/**
 * The timeline of a room: a line for each message and act of the log, and for one's own messages on their way.
 *
 * Knows when to draw (once a frame, whatever came), which lines are due, and what has been read. Refuses to know
 * how lines look and what their buttons do. A hidden page draws nothing: what came meanwhile is in the room.
 */

import { actRow, hasLine } from "./acts.js";
import { el } from "./dom.js";
import { t } from "./language.js";
import { later } from "./later.js";
import { Lines } from "./lines.js";
import { MessageActs } from "./message_acts.js";
import { actionsMaker, MessageRow } from "./message_row.js";
import { News } from "./news.js";
import { Notices } from "./notices.js";
import { Pill } from "./pill.js";
import { isMessage, keyOf, planned } from "./plan.js";
import { Reading } from "./reading.js";
import { Roving } from "./roving.js";
import { Scroller } from "./scroller.js";
import { separatorRow } from "./separators.js";
import { Top } from "./top.js";
import { visitOf } from "./visit.js";
import { LineWindow } from "./line_window.js";

/** @typedef {import("../hubbub/types.js").Entry} Entry */
/** @typedef {import("../hubbub/outbox.js").Outgoing} Outgoing */
/** @typedef {import("./plan.js").Line} Line */
/** @typedef {import("./message_acts.js").Hooks} Hooks */

const searching = later(() => import("./search.js"));
const menus = later(() => import("./message_menu.js"));

const NEAR_SCREENS = 1; // from the end of what is on the page: time to go on

export class Timeline {
  /**
   * @param {import("../hubbub/client.js").Client} client @param {import("../hubbub/room.js").Room} room
   * @param {Hooks} hooks @param {AbortSignal} signal
   */
  constructor(client, room, hooks, signal) {
    this._client = client;
    this._room = room;
    this._signal = signal;
    this._frame = 0;
    this._newest = 0; // seq up to which the timeline has drawn
    this._missedAfter = Infinity; // seq behind which some were missed that are not at hand
    this._isLoading = false;
    this._window = new LineWindow(hasLine);
    this._notices = new Notices(signal);
    const page = { changed: () => this._changed(), alert: (/** @type {string} */ text) => this._notices.alert(text) };
    this._acts = new MessageActs(client, room, hooks, page);
    this._menu = /** @type {import("./message_menu.js").MessageMenu|null} */ (null);
    this._search = /** @type {import("./search.js").Search|null} */ (null);
    this._reading = new Reading(client, room, this._acts, page.changed, signal);
    this._lines = new Lines(rowMaker(this._reading));
    const { list } = this._lines;
    const log = el("div", { role: "log", "aria-live": "off", "aria-label": t("timeline.label") }, list);
    this._top = new Top(() => this._goUp());
    const scroll = { class: "scroll", role: "region", "aria-label": t("timeline.region") };
    const box = el("div", scroll, this._top.element, this._top.empty, log);
    this._pill = new Pill(() => this.toEnd());
    this._scroller = new Scroller(box, list, () => this._plan(), signal);
    this._roving = new Roving(list, signal);
    this._news = new News(log, hooks.announce, signal);
    const over = el("div", { class: "over" }, this._notices.element, this._pill.element);
    this.element = el("div", { class: "timeline" }, box, over, this._notices.spoken);
    this._listen();
    this._draw(); // at once: a room that is known stands there before anything is scrolled
  }

  _listen() {
    const { _room: room, _signal: signal } = this;
    const { list } = this._lines;
    room.addEventListener("entries", () => this._replaced(), { signal });
    room.addEventListener("entry", ({ detail }) => this._added(detail), { signal });
    for (const what of /** @type {const} */ (["amended", "state", "rights"]))
      room.addEventListener(what, () => this._changed(), { signal });
    room.outbox.addEventListener("changed", ({ detail }) => this._sent(detail), { signal });
    document.addEventListener("visibilitychange", () => this._plan(), { signal });
    list.addEventListener("click", (event) => this._clicked(/** @type {Element} */ (event.target)), { signal });
    list.addEventListener("keydown", (event) => this._pressed(event), { signal });
    signal.addEventListener("abort", () => cancelAnimationFrame(this._frame));
  }

  /** The keyboard goes to where one reads. */
  focus() {
    this._roving.focus();
  }

  openSearch() {
    searching(({ Search }) => {
      if (!this._search) {
        this._search = new Search(this._ground(this._lines.list), this._signal);
        this.element.prepend(this._search.element);
      }
      this._search.open();
    });
  }

  /** @param {number} seq */
  permalink(seq) {
    return this._acts.permalink(seq);
  }

  /** One's newest message, if it can be changed, goes to the composer. */
  editLast() {
    const last = this._room.entries.findLast((entry) => this._acts.mayEdit(entry));
    if (last) this._acts.edit(last);
  }

  /** To the newest line; from now on it stays there. */
  toEnd() {
    this._window.follow();
    this._scroller.isAtBottom = true;
    this._draw();
  }

  /**
   * To an entry, wherever in the log it stands; false if it cannot be had.
   * @param {number} seq @param {{isFocused?: boolean}} [options]
   */
  async jumpTo(seq, { isFocused = true } = {}) {
    const entry = await this._fetched(seq);
    if (this._signal.aborted) return false;
    if (!entry || !hasLine(entry)) return (this._notices.alert(t("timeline.gone")), false);
    this._room.hold(true);
    this._window.around(this._room.entries, seq);
    this._scroller.isAtBottom = false;
    this._draw();
    this._show(keyOf(entry, this._reading.me().id), isFocused);
    return true;
  }

  /** An entry, from wherever it is; in a room that is just being entered, once one is in. @param {number} seq */
  async _fetched(seq) {
    const { _room: room, _signal: signal } = this;
    if (!room.epoch) await new Promise((entered) => room.addEventListener("entries", entered, { once: true, signal }));
    if (!room.entryAt(seq)) await this._client.loadBack(room, seq).catch(() => false);
    return room.entryAt(seq);
  }

  /** @param {string} key @param {boolean} isFocused */
  _show(key, isFocused) {
    const item = this._lines.item(key);
    if (!item) return;
    for (const found of this._lines.list.querySelectorAll(".is-found")) found.classList.remove("is-found");
    item.classList.add("is-found"); // for a moment; how long is the style sheet's
    this._scroller.toMiddle(item);
    if (isFocused) this._roving.focusItem(item);
  }

  /** Another page of the log, or all of it anew. */
  _replaced() {
    const oldest = this._room.entries[0]?.seq ?? 0;
    const isCut = this._newest > 0 && oldest > this._newest + 1;
    if (isCut) this._missedAfter = Math.min(this._missedAfter, this._newest);
    if (oldest <= this._missedAfter + 1) this._missedAfter = Infinity;
    this._news.hush(); // a whole page of lines is not news
    this._changed();
  }

  /** @param {Entry} entry */
  _added(entry) {
    const isNews = entry.kind === "message" && entry.by.id !== this._reading.me().id;
    if (isNews && !this._isFollowing) this._pill.count();
    this._plan();
  }

  /** @param {Outgoing} outgoing */
  _sent(outgoing) {
    const isNew = outgoing.status === "sending" && !this._lines.item(`id:${outgoing.id}`);
    if (isNew) this.toEnd();
    if (outgoing.status === "failed" || outgoing.status === "refused") this._notices.sayUnsent(outgoing);
    this._changed();
  }

  /** At the end of the log, and staying there. */
  get _isFollowing() {
    return this._scroller.isAtBottom && this._window.isLive;
  }

  _changed() {
    this._reading.revision++;
    this._plan();
  }

  _plan() {
    this._frame ||= requestAnimationFrame(() => {
      this._move();
      this._draw();
    });
  }

  /** A visit begins with what is new, where that is more than a screen. */
  _begin() {
    const visit = visitOf(this._room);
    if (visit.hasBegun || this._lines.isEmpty || !this.element.isConnected) return;
    visit.hasBegun = true;
    if (visit.met === Infinity) visit.met = this._newest;
    const unread = this._lines.item("unread");
    if (!unread || !this._scroller.isAtBottom || !this._scroller.toTopIfAbove(unread)) return;
    const isNew = (/** @type {Entry} */ entry) => isMessage(entry) && entry.seq > (visit.seen ?? 0);
    this._pill.count(this._room.entries.filter(isNew).length);
  }

  /** The window goes along with the reader. */
  _move() {
    if (this._lines.isEmpty) return;
    const { _room: room, _window: window } = this;
    const { above, below } = this._scroller.screens;
    if (this._isFollowing) {
      window.follow();
      room.hold(false);
    } else {
      window.hold(room.entries);
      room.hold(true);
      if (below < NEAR_SCREENS) window.down(room.entries);
    }
    const isNearTop = this._isFollowing ? above === 0 && below <= 0 : above < NEAR_SCREENS;
    if (isNearTop) this._goUp();
  }

  async _goUp() {
    const { _room: room, _window: window } = this;
    if (window.up(room.entries)) return this._plan();
    if (this._isLoading || !room.hasEarlier || !room.isJoined) return;
    this._isLoading = true;
    this._describe();
    await this._client.loadEarlier(room).catch(() => {}); // the button stays for another try
    this._isLoading = false;
    this._describe();
  }

  _draw() {
    cancelAnimationFrame(this._frame);
    this._frame = 0;
    const { _room: room, _window: window } = this;
    const shown = window.of(room.entries);
    const oldest = room.entries[0]?.seq ?? 0;
    const { seen, met } = visitOf(room);
    const gapAt = oldest > this._missedAfter + 1 ? oldest : null;
    const marks = { myId: this._reading.me().id, seen, met, gapAt };
    const lines = planned(shown, window.isLive ? room.outbox.all : [], marks);
    this._heed(shown);
    const hadFocus = this._lines.list.contains(document.activeElement);
    this._scroller.keeping(() => (this._lines.draw(lines), this._describe()), this._isFollowing);
    this._roving.settle(this._scroller.firstSeen);
    if (hadFocus && !this._lines.list.contains(document.activeElement)) this._roving.focus();
    this._search?.refresh();
    this._begin();
    this._seen();
  }

  /** What is new among these is told, unless it is the first that is seen at all. @param {Entry[]} shown */
  _heed(shown) {
    const newest = this._room.entries.at(-1)?.seq ?? 0;
    if (this._newest === 0) this._news.hush();
    else if (newest > this._newest)
      this._news.came(shown.filter((one) => one.seq > this._newest && isMessage(one)).length);
    this._newest = newest;
  }

  _describe() {
    const { _room: room } = this;
    for (const [what, may] of Object.entries(this._acts.offers)) this.element.toggleAttribute(`data-no-${what}`, !may);
    this._top.describe({
      isKnown: room.state !== null,
      isEmpty: this._lines.isEmpty,
      isFirst: this._lines.starts(room.entries.find(hasLine)),
      hasEarlier: room.hasEarlier,
      isTrimmed: room.first > 1,
      isLoading: this._isLoading,
      mayWrite: room.rights?.publish ?? false,
    });
  }

  _seen() {
    const isAtEnd = this._isFollowing;
    const isFar = !this._window.isLive || this._scroller.screens.below > NEAR_SCREENS;
    this._pill.show({ isAtEnd, isFar });
    const isSeen = isAtEnd && visitOf(this._room).hasBegun && document.visibilityState === "visible";
    if (isSeen) this._client.sawUpTo(this._room, this._room.seq);
  }

  /** @param {Element} target */
  _clicked(target) {
    const control = /** @type {HTMLElement|null} */ (target.closest("[data-act]"));
    const line = this._lines.lineOf(target);
    if (!control || !line) return;
    const { act = "", to } = control.dataset;
    if (act === "more") this._openMenu(line, control);
    else if (act === "load") this.jumpTo(this._missedAfter + 1);
    else if (act === "jump") this.jumpTo(Number(to));
    else if (act === "fold") this._scroller.holding(control, () => this._lines.row(line.key)?.fold?.());
    else this._acts.act(act, line, to);
  }

  /** @param {Line} line @param {HTMLElement} opener */
  _openMenu(line, opener) {
    menus(({ MessageMenu }) => {
      if (!this._menu) {
        this._menu = new MessageMenu((name, chosen, to) => this._acts.act(name, chosen, to), this._acts);
        this.element.append(this._menu.element);
      }
      this._menu.open(line, opener);
    });
  }

  /** @param {KeyboardEvent} event */
  _pressed(event) {
    if (event.key !== "End" || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    event.stopPropagation();
    this.toEnd();
    this._roving.focusLast();
  }

  /** @param {HTMLElement} list @returns {import("./search.js").Ground} */
  _ground(list) {
    const { _room: room } = this;
    return {
      list,
      entries: () => room.entries,
      hasEarlier: () => room.hasEarlier,
      loadEarlier: async () => {
        room.hold(true);
        await this._client.loadEarlier(room).catch(() => {});
      },
      show: (seq) => this.jumpTo(seq, { isFocused: false }),
      leave: () => {
        const found = list.querySelector(".is-found");
        if (found) this._roving.focusItem(found);
        else this.focus();
      },
    };
  }
}

/** @param {Reading} reading @returns {(line: Line) => import("./lines.js").Row} */
function rowMaker(reading) {
  const actions = actionsMaker();
  return (line) => {
    if (line.kind === "message") return new MessageRow(line, reading, actions);
    return line.kind === "act" ? actRow(line, reading) : separatorRow(line);
  };
}
