/**
 * The timeline of a room: a line for each message and act of the log, and for one's own messages on their way.
 *
 * Knows that a message on its way and the same one in the log are one line. Refuses to know how lines look
 * and how they are ordered.
 */

import { actLine } from "./acts.js";
import { button, el } from "./dom.js";
import { t } from "./language.js";
import { Lines, NOT_YET } from "./lines.js";
import { messageRow, outgoingRow } from "./message_row.js";
import { Scroller } from "./scroller.js";

/** @typedef {import("../hubbub/types.js").Entry} Entry */
/** @typedef {import("../hubbub/outbox.js").Outgoing} Outgoing */
/**
 * @typedef {object} Hooks  What others do about a line.
 * @property {(entry: Entry) => void} reply
 * @property {(entry: Entry) => void} edit
 * @property {(text: string, outgoing: Outgoing) => void} takeBack  Puts a text back into the composer.
 * @property {(entry: Entry) => void} moderate
 */

export class Timeline {
  /**
   * @param {import("../hubbub/client.js").Client} client
   * @param {import("../hubbub/room.js").Room} room
   * @param {Hooks} hooks
   * @param {AbortSignal} signal
   */
  constructor(client, room, hooks, signal) {
    this._client = client;
    this._room = room;
    this._hooks = hooks;
    this._lines = new Lines();
    const log = { role: "log", "aria-live": "polite", "aria-relevant": "additions", "aria-label": t("timeline.label") };
    this._log = el("div", log, this._lines.list);
    this._earlier = button(t("timeline.earlier"), () => this._loadEarlier(), { class: "earlier", hidden: true });
    this._empty = el("p", { class: "empty" });
    const scroll = { class: "scroll", tabindex: "0", role: "region", "aria-label": t("timeline.region") };
    const box = el("div", scroll, this._earlier, this._empty, this._log);
    this._scroller = new Scroller(box, () => this._seen(), signal);
    this.element = el("div", { class: "timeline" }, box, this._scroller.pill);
    this._listen(signal);
    this._rebuild();
  }

  /** @param {AbortSignal} signal */
  _listen(signal) {
    const added = (/** @type {any} */ event) => this._added(event.detail);
    const amended = (/** @type {any} */ event) => this._amended(event.detail);
    const outgoing = (/** @type {any} */ event) => this._outgoing(event.detail);
    this._room.addEventListener("entries", () => this._rebuild(), { signal });
    this._room.addEventListener("state", () => this._describe(), { signal });
    this._room.addEventListener("entry", added, { signal });
    this._room.addEventListener("amended", amended, { signal });
    this._room.outbox.addEventListener("changed", outgoing, { signal });
    document.addEventListener("visibilitychange", () => this._seen(), { signal });
  }

  _rebuild() {
    this._log.setAttribute("aria-live", "off"); // a whole page of lines is not news
    const wasAtBottom = this._scroller.isAtBottom;
    this._scroller.keeping(() => {
      this._lines.clear();
      for (const entry of this._room.entries) this._append(entry);
      for (const outgoing of this._room.outbox.all) this._outgoing(outgoing);
      this._describe();
    });
    if (wasAtBottom) this._scroller.toBottom();
    this._seen();
    requestAnimationFrame(() => this._log.setAttribute("aria-live", "polite"));
  }

  /** @param {Entry} entry */
  _added(entry) {
    if (this._append(entry)) {
      if (this._scroller.isAtBottom) this._lines.trimBefore(this._room.entries[0]?.seq ?? 0);
      this._scroller.grown(entry.kind === "message");
      this._describe();
    }
    this._seen();
  }

  /** A line for an entry, where one is due. @param {Entry} entry @returns {boolean} */
  _append(entry) {
    const isMessage = entry.kind === "message" || entry.kind === "removed";
    const content = isMessage ? messageRow(entry) : actLine(entry);
    if (!content) return false;
    const place = { at: entry.at, by: isMessage ? entry.by.id : null, seq: entry.seq };
    this._lines.append(this._keyOf(entry), content, place);
    return true;
  }

  /** @param {Entry} entry */
  _amended(entry) {
    this._lines.change(this._keyOf(entry), messageRow(entry));
    this._scroller.grown(false);
  }

  /** @param {Outgoing} outgoing */
  _outgoing(outgoing) {
    const key = `id:${outgoing.id}`;
    if (outgoing.status === "settled") return; // its entry takes the line over
    const isNew = !this._lines.has(key);
    if (outgoing.status === "dropped") this._lines.remove(key);
    else this._lines.wait(key, this._outgoingRow(outgoing), { at: outgoing.at, by: this._myId, seq: NOT_YET });
    this._describe();
    if (isNew && outgoing.status === "sending") this._scroller.toBottom();
    else this._scroller.grown(false);
  }

  /** @param {Outgoing} outgoing */
  _outgoingRow(outgoing) {
    const { _client: client, _room: room } = this;
    const drop = () => room.outbox.drop(outgoing.id);
    const takeBack = () => (drop(), this._hooks.takeBack(outgoing.text, outgoing));
    const retry = () => client.retry(room, outgoing.id);
    return outgoingRow(outgoing, client.identity ?? { id: "" }, { drop, takeBack, retry });
  }

  get _myId() {
    return this._client.identity?.id ?? "";
  }

  /** One's own messages go by the id they had before they had a seq. @param {Entry} entry */
  _keyOf(entry) {
    return entry.id !== undefined && entry.by.id === this._myId ? `id:${entry.id}` : `seq:${entry.seq}`;
  }

  _describe() {
    this._earlier.hidden = !this._room.hasEarlier;
    this._empty.hidden = !this._lines.isEmpty;
    this._empty.textContent = this._room.state ? t("timeline.empty") : t("timeline.loading");
  }

  async _loadEarlier() {
    this._earlier.disabled = true;
    await this._client.loadEarlier(this._room).catch(() => {}); // the button stays for another try
    this._earlier.disabled = false;
  }

  _seen() {
    if (this._scroller.isAtBottom && document.visibilityState === "visible") this._client.sawUpTo(this._room, this._room.seq);
  }
}
