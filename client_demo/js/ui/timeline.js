/**
 * The log of a room as a list of lines: messages, acts, days, and one's own messages on their way.
 *
 * Knows which line stands where, and that a message on its way and the same one in the log are one line.
 * Refuses to know how lines look.
 */

import { actLine } from "./acts.js";
import { button, el, fill } from "./dom.js";
import { day, sameDay, t } from "./language.js";
import { messageRow, outgoingRow } from "./message_row.js";
import { Scroller } from "./scroller.js";

/** @typedef {import("../hubbub/types.js").Entry} Entry */
/** @typedef {import("../hubbub/outbox.js").Outgoing} Outgoing */
/** @typedef {{at: number, by: string|null, seq: number}} Place  Of a line; `by` only for messages. */

const TOGETHER_MS = 5 * 60_000; // one author's messages within this stand under one name

export class Timeline {
  /**
   * @param {import("../hubbub/client.js").Client} client @param {import("../hubbub/room.js").Room} room
   * @param {(text: string) => void} takeBack  Puts a text into the composer. @param {AbortSignal} signal
   */
  constructor(client, room, takeBack, signal) {
    this._client = client;
    this._room = room;
    this._takeBack = takeBack;
    this._lines = /** @type {Map<string, HTMLLIElement>} */ (new Map());
    this._places = /** @type {WeakMap<Element, Place>} */ (new WeakMap());
    this._list = el("ol", { role: "log", "aria-live": "polite", "aria-relevant": "additions", "aria-label": t("timeline.label") });
    this._earlier = button(t("timeline.earlier"), () => this._loadEarlier(), { class: "earlier", hidden: true });
    this._empty = el("p", { class: "empty" });
    const box = el("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": t("timeline.region") }, this._earlier, this._empty, this._list);
    this._scroller = new Scroller(box, () => this._seen(), signal);
    this.element = el("div", { class: "timeline" }, box, this._scroller.pill);
    this._listen(signal);
    this._rebuild();
  }

  /** @param {AbortSignal} signal */
  _listen(signal) {
    const room = this._room;
    room.addEventListener("entries", () => this._rebuild(), { signal });
    room.addEventListener("state", () => this._describe(), { signal });
    room.addEventListener("entry", (event) => this._added(/** @type {CustomEvent} */ (event).detail), { signal });
    room.addEventListener("amended", (event) => this._amended(/** @type {CustomEvent} */ (event).detail), { signal });
    room.outbox.addEventListener("changed", (event) => this._outgoing(/** @type {CustomEvent} */ (event).detail), { signal });
    document.addEventListener("visibilitychange", () => this._seen(), { signal });
  }

  _rebuild() {
    this._list.setAttribute("aria-live", "off"); // a whole page of lines is not news
    const wasAtBottom = this._scroller.isAtBottom;
    this._scroller.keeping(() => {
      this._list.replaceChildren();
      this._lines.clear();
      for (const entry of this._room.entries) this._place(entry);
      for (const outgoing of this._room.outbox.all) this._outgoing(outgoing);
      this._describe();
    });
    if (wasAtBottom) this._scroller.toBottom();
    this._seen();
    requestAnimationFrame(() => this._list.setAttribute("aria-live", "polite"));
  }

  /** @param {Entry} entry */
  _added(entry) {
    if (!this._place(entry)) return;
    if (this._scroller.isAtBottom) this._trim();
    this._scroller.grown(entry.kind === "message");
    this._describe();
    this._seen();
  }

  /** @param {Entry} entry */
  _amended(entry) {
    const line = this._lines.get(this._keyOf(entry));
    if (line) fill(line, messageRow(entry));
    this._scroller.grown(false);
  }

  /** @param {Outgoing} outgoing */
  _outgoing(outgoing) {
    const key = `id:${outgoing.id}`;
    if (outgoing.status === "settled") return; // its entry takes the line over
    if (outgoing.status === "dropped") return this._remove(key);
    const isNew = !this._lines.has(key);
    const line = this._lineOf(key);
    const { _client: client, _room: room } = this;
    const drop = () => room.outbox.drop(outgoing.id);
    const takeBack = () => (drop(), this._takeBack(outgoing.text));
    const me = client.identity ?? { id: "" };
    fill(line, outgoingRow(outgoing, me, { drop, takeBack, retry: () => client.retry(room, outgoing.id) }));
    if (isNew) this._insert(line, { at: outgoing.at, by: me.id, seq: Infinity }, null);
    this._describe();
    if (isNew && outgoing.status === "sending") this._scroller.toBottom(); // who writes wants to see it
    else this._scroller.grown(false);
  }

  /** A line for an entry, where one is due, at the end of the log. @param {Entry} entry @returns {boolean} */
  _place(entry) {
    const isMessage = entry.kind === "message" || entry.kind === "removed";
    const content = isMessage ? messageRow(entry) : actLine(entry);
    if (!content) return false;
    const line = this._lineOf(this._keyOf(entry));
    fill(line, content);
    const before = this._firstOutgoing(line);
    const previous = before ? before.previousElementSibling : this._list.lastElementChild;
    const last = previous === line ? line.previousElementSibling : previous;
    this._separate(last, entry.at, previous === line ? line : before);
    this._insert(line, { at: entry.at, by: isMessage ? entry.by.id : null, seq: entry.seq }, before);
    return true;
  }

  /** The first line that is not in the log yet, other than this one. @param {Element} line @returns {Element|null} */
  _firstOutgoing(line) {
    let first = null;
    for (let one = this._list.lastElementChild; one; one = one.previousElementSibling) {
      if (this._places.get(one)?.seq !== Infinity) break;
      if (one !== line) first = one;
    }
    return first;
  }

  /** A line for a new day. @param {Element|null} last @param {number} at @param {Element|null} before */
  _separate(last, at, before) {
    const place = last ? this._places.get(last) : undefined;
    if (place && sameDay(place.at, at)) return;
    const line = el("li", { class: "day" }, el("h2", {}, day(at)));
    this._places.set(line, { at, by: null, seq: 0 });
    this._list.insertBefore(line, before);
  }

  /** @param {HTMLLIElement} line @param {Place} place @param {Element|null} before */
  _insert(line, place, before) {
    this._places.set(line, place);
    if (line.parentElement !== this._list || line.nextElementSibling !== before) this._list.insertBefore(line, before);
    for (const one of [line, line.nextElementSibling]) if (one) this._group(one);
  }

  /** Whether a line stands under the name of the one before. @param {Element} line */
  _group(line) {
    const mine = this._places.get(line);
    const previous = line.previousElementSibling && this._places.get(line.previousElementSibling);
    const isTogether = mine?.by && previous?.by === mine.by && mine.at - previous.at < TOGETHER_MS;
    line.classList.toggle("is-together", Boolean(isTogether));
  }

  /** Lines of what the room no longer keeps go, while nobody looks at them. */
  _trim() {
    const oldest = this._room.entries[0]?.seq ?? 0;
    for (const [key, line] of this._lines) {
      if ((this._places.get(line)?.seq ?? 0) >= oldest) break;
      this._remove(key);
    }
  }

  /** @param {string} key */
  _remove(key) {
    this._lines.get(key)?.remove();
    this._lines.delete(key);
  }

  /** @param {string} key */
  _lineOf(key) {
    const line = this._lines.get(key) ?? el("li", { "data-key": key });
    this._lines.set(key, line);
    return line;
  }

  /** @param {Entry} entry */
  _keyOf(entry) {
    return entry.id !== undefined && entry.by.id === this._client.identity?.id ? `id:${entry.id}` : `seq:${entry.seq}`;
  }

  _describe() {
    this._earlier.hidden = !this._room.hasEarlier;
    this._empty.hidden = this._lines.size > 0;
    this._empty.textContent = this._room.state ? t("timeline.empty") : t("timeline.loading");
  }

  async _loadEarlier() {
    this._earlier.disabled = true;
    await this._client.loadEarlier(this._room).catch(() => {}); // the button stays for another try
    this._earlier.disabled = false;
  }

  _seen() {
    if (this._scroller.isAtBottom && document.visibilityState === "visible") this._client.sawAll(this._room);
  }
}
