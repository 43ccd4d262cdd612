/**
 * One's own messages that are not in the log yet: what is on its way, what failed, what was refused.
 *
 * Knows one room's messages by id, in the order they were written. Refuses to know connections: somebody
 * else takes `next()`, sends it and tells the outcome. Tells `changed` (the message).
 */

import { newId } from "./ids.js";
import { Telling } from "./telling.js";

const MOST = 50; // messages; whoever wrote that many into a dead line should see it
const WAITS_MS = 60_000; // then its author decides; the server knows an id for 10 minutes

/** @typedef {import("./types.js").Nack} Nack */

/**
 * @typedef {object} Relations  What a message is besides its text.
 * @property {number} [replyTo]  The `seq` of a message of the same room.
 * @property {boolean} [question]
 * @property {{room: string, seq: number}} [about]  An announcement of which this room is the discussion.
 */

/**
 * `settled` is in the log, and its entry takes its place; `dropped` was given up, or stands in the log above
 * what is at hand: either way it is no longer in the outbox.
 * @typedef {Relations & {
 *   id: string, text: string, at: number, retryAt?: number, seq?: number, nack?: Nack,
 *   status: "sending"|"sent"|"failed"|"refused"|"settled"|"dropped",
 * }} Outgoing  `at` and `retryAt` are by this machine's clock, in ms; `retryAt` while the server asks to wait.
 */

/** @extends {Telling<{changed: Outgoing}>} */
export class Outbox extends Telling {
  constructor() {
    super();
    this._byId = /** @type {Map<string, Outgoing>} */ (new Map());
    this._timers = /** @type {Map<string, number>} */ (new Map());
  }

  /** All that is not in the log yet, oldest first. */
  get all() {
    return [...this._byId.values()];
  }

  /** Whether something still waits to be sent or acknowledged. */
  get isBusy() {
    return this.next() !== undefined;
  }

  get isFull() {
    return this._byId.size >= MOST;
  }

  /** Throws where it `isFull`. @param {string} text @param {Relations} [relations] @returns {Outgoing} */
  add(text, relations = {}) {
    if (this.isFull) throw new RangeError(`${MOST} messages wait already`);
    const { replyTo, question, about } = relations;
    const outgoing = /** @type {Outgoing} */ ({ id: newId(), text, replyTo, question, about });
    this._byId.set(outgoing.id, outgoing);
    this._send(outgoing);
    return outgoing;
  }

  /** What is worth keeping over a reload: what the log does not have, as far as is known. */
  get unsettled() {
    return this.all.filter(({ status }) => status !== "sent");
  }

  /** What was kept, before what was written since. @param {Outgoing[]} kept */
  restore(kept) {
    const since = this.all;
    this._byId = new Map([...kept, ...since].map((one) => [one.id, one]));
    for (const outgoing of kept) {
      if (outgoing.status === "sending") this._startClock(outgoing);
      this._tell(outgoing);
    }
  }

  /** The oldest that is to be sent, if any. @returns {Outgoing|undefined} */
  next() {
    return this.all.find((one) => one.status === "sending");
  }

  /** It is in the log under `seq`. @param {Outgoing} outgoing @param {number} seq */
  acked(outgoing, seq) {
    if (!this._has(outgoing)) return;
    outgoing.seq = seq;
    this._become(outgoing, "sent");
  }

  /** The server said no. @param {Outgoing} outgoing @param {Nack} nack */
  refused(outgoing, nack) {
    if (!this._has(outgoing)) return;
    outgoing.nack = nack;
    this._become(outgoing, "refused");
  }

  /** The server said not yet; false if that is later than it may wait. @param {Outgoing} outgoing @param {number} ms */
  postponed(outgoing, ms) {
    if (Date.now() + ms > outgoing.at + WAITS_MS) return false;
    outgoing.retryAt = Date.now() + ms;
    if (outgoing.status === "sending") this._tell(outgoing);
    return true;
  }

  /** The room is closed to us: nothing that waits will be taken. @param {Nack} nack */
  refuseAll(nack) {
    for (const one of this.all) if (one.status === "sending") this.refused(one, nack);
  }

  /** The room was read anew. @param {boolean} isSameLog  If not, what was acknowledged may be lost: once more. */
  startOver(isSameLog) {
    for (const one of this.all.filter(({ status }) => status === "sent")) {
      if (isSameLog) this._end(one.id, "dropped");
      else this._send(one);
    }
  }

  /** Once more, with the same id. @param {string} id */
  retry(id) {
    const outgoing = this._byId.get(id);
    if (outgoing) this._send(outgoing);
  }

  /** Its author gives it up. @param {string} id */
  drop(id) {
    this._end(id, "dropped");
  }

  /** Its entry has come from the log. @param {string} id */
  settle(id) {
    this._end(id, "settled");
  }

  /** @param {Outgoing} outgoing */
  _has(outgoing) {
    return this._byId.get(outgoing.id) === outgoing;
  }

  /** @param {Outgoing} outgoing */
  _send(outgoing) {
    outgoing.at = Date.now();
    outgoing.nack = outgoing.seq = undefined;
    this._startClock(outgoing);
    this._become(outgoing, "sending");
  }

  /** @param {Outgoing} outgoing */
  _startClock(outgoing) {
    clearTimeout(this._timers.get(outgoing.id));
    const expire = () => void (outgoing.status === "sending" && this._become(outgoing, "failed"));
    this._timers.set(outgoing.id, setTimeout(expire, outgoing.at + WAITS_MS - Date.now()));
  }

  /** @param {string} id @param {"settled"|"dropped"} status */
  _end(id, status) {
    const outgoing = this._byId.get(id);
    if (!outgoing) return;
    this._byId.delete(id);
    this._become(outgoing, status);
  }

  /** @param {Outgoing} outgoing @param {Outgoing["status"]} status */
  _become(outgoing, status) {
    outgoing.status = status;
    outgoing.retryAt = undefined;
    if (status !== "sending") {
      clearTimeout(this._timers.get(outgoing.id));
      this._timers.delete(outgoing.id);
    }
    this._tell(outgoing);
  }

  /** @param {Outgoing} outgoing */
  _tell(outgoing) {
    this.tell("changed", outgoing);
  }
}
