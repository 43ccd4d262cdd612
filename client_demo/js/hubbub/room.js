/**
 * One room as this reader knows it: its state, its newest entries, how far they go, and the outbox.
 *
 * Knows the log's order and the fold. Refuses to know connections: the client feeds it frames.
 * Dispatches `entries` (all are new), `entry` (detail: one more), `amended` (detail: a message),
 * `state`, `rights`, `present`, `closed` (detail: the nack, or null).
 */

import { messageAfter, stateAfter } from "./fold.js";
import { Outbox } from "./outbox.js";

/** @typedef {import("./types.js").Entry} Entry */

const KEPT = 300; // entries while they only arrive: what a page can show without effort
const KEPT_WITH_HISTORY = 2_000; // entries once earlier ones were asked for

export class Room extends EventTarget {
  /** @param {string} address @param {() => string} myId */
  constructor(address, myId) {
    super();
    this.address = address;
    this.state = /** @type {import("./types.js").RoomState|null} */ (null);
    this.rights = /** @type {import("./types.js").Rights|null} */ (null);
    this.role = "participant";
    this.epoch = "";
    this.seq = 0;
    this.first = 1;
    this.present = 0;
    this.isJoined = false;
    this.outbox = new Outbox();
    this.entries = /** @type {Entry[]} */ ([]);
    this._asOf = new WeakMap(); // of a folded message: later entries apply, earlier ones are in it
    this._kept = KEPT;
    this._myId = myId;
  }

  /** Where reading goes on after a lost connection. @returns {import("./types.js").Position|undefined} */
  get position() {
    return this.epoch ? { epoch: this.epoch, seq: this.seq } : undefined;
  }

  get hasEarlier() {
    return this.entries.length > 0 && this.entries[0].seq > this.first;
  }

  /** @param {number} seq @returns {Entry|undefined} */
  entryAt(seq) {
    return this.entries.find((entry) => entry.seq === seq);
  }

  /** We are in. @param {import("./types.js").Frame} joined  @returns {number} messages that were missed */
  enter(joined) {
    this.isJoined = true;
    this.first = joined.first;
    const before = this.seq;
    this.seq = joined.seq;
    if (!joined.recovered) this._startOver(joined);
    else for (const entry of joined.entries) this._append(entry);
    this.setState(joined.state);
    this.setRights(joined.role, joined.rights);
    this.setPresent(joined.present);
    return joined.entries.filter((/** @type {Entry} */ one) => one.seq > before && one.kind === "message").length;
  }

  /** @param {import("./types.js").Frame} joined */
  _startOver(joined) {
    const acked = this.outbox.all.filter((one) => one.seq !== undefined && joined.epoch === this.epoch);
    for (const { id } of acked) this.outbox.settle(id); // in the log, if not on this page of it
    this.epoch = joined.epoch;
    this.entries = [];
    for (const entry of joined.entries) {
      this.entries.push(entry);
      this._asOf.set(entry, joined.seq);
      this._settle(entry);
    }
    this.dispatchEvent(new Event("entries"));
  }

  /**
   * One entry was pushed. False if it does not follow: then the room has to be joined again.
   * @param {string} epoch @param {Entry} entry @returns {boolean}
   */
  receive(epoch, entry) {
    if (epoch !== this.epoch || entry.seq > this.seq + 1) return false;
    if (entry.seq <= this.seq) return true;
    this.seq = entry.seq;
    if (this.state) {
      const state = stateAfter(this.state, entry);
      if (state !== this.state) this.setState(state);
    }
    this._append(entry);
    return true;
  }

  /** @param {Entry} entry */
  _append(entry) {
    if (entry.seq <= (this.entries.at(-1)?.seq ?? 0)) return;
    this._settle(entry);
    this.entries.push(entry);
    if (this.entries.length > this._kept) this.entries.shift();
    this._amend(entry);
    this.dispatchEvent(new CustomEvent("entry", { detail: entry }));
  }

  /** Applies an edit, removal or reaction to what it targets. @param {Entry} entry */
  _amend(entry) {
    if (entry.target === undefined) return;
    const at = this.entries.findIndex((one) => one.seq === entry.target);
    const message = this.entries[at];
    if (!message || (this._asOf.get(message) ?? 0) >= entry.seq) return;
    const amended = messageAfter(message, entry, this._myId());
    if (amended === message) return;
    this.entries[at] = amended;
    this._asOf.set(amended, entry.seq);
    this.dispatchEvent(new CustomEvent("amended", { detail: amended }));
  }

  /** A page of what was before. @param {import("./types.js").Frame} page */
  prepend(page) {
    if (page.epoch !== this.epoch) return;
    this._kept = KEPT_WITH_HISTORY;
    const oldest = this.entries[0]?.seq ?? Infinity;
    const earlier = /** @type {Entry[]} */ (page.entries).filter((entry) => entry.seq < oldest);
    for (const entry of earlier) this._asOf.set(entry, page.as_of);
    this.entries = [...earlier, ...this.entries].slice(-this._kept);
    this.first = earlier.length === 0 ? oldest : page.first;
    for (const entry of this.entries.filter((one) => one.seq > page.as_of)) this._amend(entry);
    this.dispatchEvent(new Event("entries"));
  }

  /** @param {Entry} entry */
  _settle(entry) {
    if (entry.id !== undefined && entry.by.id === this._myId()) this.outbox.settle(entry.id);
  }

  /** @param {import("./types.js").RoomState} state  Without `floor`, that stays as it is. */
  setState(state) {
    this.state = { ...state, floor: state.floor ?? this.state?.floor };
    this.dispatchEvent(new Event("state"));
  }

  /** @param {string} role @param {import("./types.js").Rights} rights */
  setRights(role, rights) {
    this.role = role;
    this.rights = rights;
    this.dispatchEvent(new Event("rights"));
  }

  /** @param {number} count */
  setPresent(count) {
    this.present = count;
    this.dispatchEvent(new Event("present"));
  }

  /** We are out, and not coming back by ourselves. @param {import("./types.js").Nack|null} nack */
  close(nack) {
    this.isJoined = false;
    this.rights = null;
    this.dispatchEvent(new CustomEvent("closed", { detail: nack }));
  }
}
