/**
 * One's own messages that are not in the log yet: what is on its way, what failed, what was refused.
 *
 * Knows one room's messages by id, in the order they were written. Refuses to know connections: somebody
 * else takes `next()`, sends it and tells the outcome. Dispatches `changed` (detail: the message).
 */

import { newId } from "./ids.js";

const MOST = 50; // messages; whoever wrote that many into a dead line should see it
const WAITS_MS = 60_000; // then its author decides; the server knows an id for 10 minutes

/**
 * @typedef {object} Outgoing
 * @property {string} id
 * @property {string} text
 * @property {number} at  By this machine's clock, in ms.
 * @property {"sending"|"sent"|"failed"|"refused"|"settled"|"dropped"} status
 * @property {number} [seq]
 * @property {import("./types.js").Nack} [nack]
 */

export class Outbox extends EventTarget {
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
    return this.all.some((one) => one.status === "sending");
  }

  get isFull() {
    return this._byId.size >= MOST;
  }

  /** @param {string} text @returns {Outgoing} */
  add(text) {
    const outgoing = /** @type {Outgoing} */ ({ id: newId(), text, at: Date.now(), status: "sending" });
    this._byId.set(outgoing.id, outgoing);
    this._startClock(outgoing);
    this._tell(outgoing);
    return outgoing;
  }

  /** The oldest that is to be sent, if any. @returns {Outgoing|undefined} */
  next() {
    return this.all.find((one) => one.status === "sending");
  }

  /** It is in the log under `seq`. @param {Outgoing} outgoing @param {number} seq */
  acked(outgoing, seq) {
    if (outgoing.status === "settled" || outgoing.status === "dropped") return;
    outgoing.seq = seq;
    this._become(outgoing, "sent");
  }

  /** The server said no. @param {Outgoing} outgoing @param {import("./types.js").Nack} nack */
  refused(outgoing, nack) {
    outgoing.nack = nack;
    this._become(outgoing, "refused");
  }

  /** Once more, with the same id. @param {string} id */
  retry(id) {
    const outgoing = this._byId.get(id);
    if (!outgoing) return;
    outgoing.nack = undefined;
    this._startClock(outgoing);
    this._become(outgoing, "sending");
  }

  /** Its author gives it up. @param {string} id */
  drop(id) {
    this._end(id, "dropped");
  }

  /** Its entry has come from the log. @param {string} id */
  settle(id) {
    this._end(id, "settled");
  }

  /** @param {string} id @param {"settled"|"dropped"} status */
  _end(id, status) {
    const outgoing = this._byId.get(id);
    if (!outgoing) return;
    this._byId.delete(id);
    this._become(outgoing, status);
  }

  /** @param {Outgoing} outgoing */
  _startClock(outgoing) {
    clearTimeout(this._timers.get(outgoing.id));
    const timer = setTimeout(() => {
      if (outgoing.status === "sending") this._become(outgoing, "failed");
    }, WAITS_MS);
    this._timers.set(outgoing.id, timer);
  }

  /** @param {Outgoing} outgoing @param {Outgoing["status"]} status */
  _become(outgoing, status) {
    outgoing.status = status;
    if (status !== "sending") {
      clearTimeout(this._timers.get(outgoing.id));
      this._timers.delete(outgoing.id);
    }
    this._tell(outgoing);
  }

  /** @param {Outgoing} outgoing */
  _tell(outgoing) {
    this.dispatchEvent(new CustomEvent("changed", { detail: outgoing }));
  }
}
