/**
 * One room as this reader knows it: its state, its newest entries, how far they go, who is there, the outbox.
 *
 * Knows the log's order and what an entry changes. Refuses to know connections: the client feeds it frames.
 * Tells `RoomEvents`, those of one WebSocket message one right behind the other.
 */

import { Attendance } from "./attendance.js";
import { stateAfter } from "./fold.js";
import { Log } from "./log.js";
import { Outbox } from "./outbox.js";
import { Telling } from "./telling.js";

/** @typedef {import("./types.js").Entry} Entry */
/**
 * @typedef {object} RoomEvents
 * @property {undefined} entries  All entries are new, or earlier ones were put before them.
 * @property {Entry} entry  One more at the end.
 * @property {Entry} amended  A message as it is after an edit, a reaction or its removal.
 * @property {undefined} state
 * @property {undefined} rights
 * @property {undefined} present
 * @property {undefined} people
 * @property {undefined} typing
 * @property {import("./types.js").Nack} closed  Why one may not be in here.
 */

/** @extends {Telling<RoomEvents>} */
export class Room extends Telling {
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
    this.isJoined = false;
    this.closedBy = /** @type {import("./types.js").Nack|null} */ (null); // why one may not be in here
    this.seenAtEntry = /** @type {number|undefined} */ (undefined); // what had been read when one came in
    this.outbox = new Outbox();
    this.attendance = new Attendance(myId);
    this._log = new Log(myId);
    this._myId = myId;
    for (const what of /** @type {const} */ (["present", "people", "typing"])) {
      this.attendance.addEventListener(what, () => this.tell(what));
    }
  }

  /** The entries at hand, oldest first. To look at: they change under whoever keeps the list. */
  get entries() {
    return this._log.entries;
  }

  /** How many people are here. */
  get present() {
    return this.attendance.count;
  }

  /** Who is here, by id; empty until somebody asked (`client.who`), and where names are not told. */
  get people() {
    return this.attendance.people;
  }

  /** Who is typing, without oneself. */
  get typists() {
    return this.attendance.typists;
  }

  /** Where reading goes on after a lost connection. @returns {import("./types.js").Position|undefined} */
  get position() {
    return this.epoch ? { epoch: this.epoch, seq: this.seq } : undefined;
  }

  get hasEarlier() {
    return this.entries.length > 0 && this.entries[0].seq > this.first && !this._log.isFull;
  }

  /** @param {number} seq @returns {Entry|undefined} */
  entryAt(seq) {
    return this._log.at(seq);
  }

  /** How many messages come after `seq`, or undefined if not all of them are at hand. @param {number} seq */
  messagesAfter(seq) {
    if (this.seq <= seq) return 0;
    if ((this.entries[0]?.seq ?? Infinity) > seq + 1) return undefined;
    let count = 0;
    for (let at = this._log.indexOf(seq + 1); at < this.entries.length; at += 1) {
      if (this.entries[at].kind === "message") count += 1;
    }
    return count;
  }

  /**
   * Whether somebody reads above: then up to 10,000 entries are kept; else, from the next one on, the newest 300.
   * Loading earlier ones begins it.
   * @param {boolean} isHeld
   */
  hold(isHeld) {
    this._log.hold(isHeld);
  }

  /** We are in. @param {import("./types.js").Frame} joined  @returns {number} messages of others that were missed */
  enter(joined) {
    this.isJoined = true;
    this.closedBy = null;
    const before = this.seq;
    this.seq = joined.seq;
    if (!joined.recovered) this._startOver(joined);
    else for (const entry of joined.entries) this._append(entry);
    this.first = joined.first;
    this.setState(joined.state);
    this.setRights(joined.role, joined.rights);
    this.attendance.setCount(joined.present);
    const isMissed = (/** @type {Entry} */ one) =>
      one.seq > before && one.kind === "message" && one.by.id !== this._myId();
    return joined.entries.filter(isMissed).length;
  }

  /** @param {import("./types.js").Frame} joined */
  _startOver(joined) {
    const isSameLog = joined.epoch === this.epoch;
    this.epoch = joined.epoch;
    this.first = joined.first;
    this._log.startOver(joined.entries, joined.seq);
    for (const entry of joined.entries) this._settle(entry);
    this.outbox.startOver(isSameLog);
    this.tell("entries");
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
    if (!this._log.append(entry)) return;
    this._settle(entry);
    if (entry.kind === "message") this.attendance.stopped(entry.by.id);
    const amended = this._log.amend(entry);
    if (amended) this.tell("amended", amended);
    this.tell("entry", entry);
  }

  /** A page of what was before. @param {import("./types.js").Frame} page @returns {boolean} whether it brought any */
  prepend(page) {
    if (page.epoch !== this.epoch) return false;
    const taken = this._log.prepend(page.entries, page.as_of);
    this.first = page.entries.length === 0 ? (this.entries[0]?.seq ?? 1) : page.first;
    this.tell("entries");
    return taken > 0;
  }

  /** @param {Entry} entry */
  _settle(entry) {
    if (entry.id !== undefined && entry.by.id === this._myId()) this.outbox.settle(entry.id);
  }

  /** @param {import("./types.js").RoomState} state  Without `floor`, that stays as it is. */
  setState(state) {
    this.state = { ...state, floor: state.floor ?? this.state?.floor };
    this.tell("state");
  }

  /** @param {string} role @param {import("./types.js").Rights} rights */
  setRights(role, rights) {
    this.role = role;
    this.rights = rights;
    this.tell("rights");
  }

  /** The connection is gone; what is known stays. */
  suspend() {
    this.isJoined = false;
    this.attendance.forget();
  }

  /** We are out, and not coming back by ourselves. @param {import("./types.js").Nack} nack */
  close(nack) {
    this.suspend();
    this.rights = null;
    this.closedBy = nack;
    this.outbox.refuseAll(nack);
    this.tell("closed", nack);
  }
}
