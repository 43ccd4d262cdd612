/**
 * One WebSocket: frames out and in, replies by `ref`, and a watch that notices a dead peer.
 *
 * Knows one connection from its opening to its close. Refuses to know rooms, tokens and what comes
 * after a close. Tells `opened`, `push` (the frame) and, once, `closed` (the code).
 */

import { codecOf, SUBPROTOCOLS } from "./codec.js";
import { Refused, Unanswered } from "./refused.js";
import { Telling } from "./telling.js";

const OPEN_MS = 10_000; // from the first byte to the upgrade
const REPLY_MS = 10_000; // the server answers within 2 s, or is lost
const GRACE_MS = 10_000; // beyond the server's own ping interval
const PROBE_MS = 5_000; // for a sign of life after the page was asleep
const BROKEN_FRAME = 4501; // as the server says it to us
const LEAVING = 1000; // the one code below 3000 that browsers let a page say, so it stands for 1001 too

/** @typedef {import("./types.js").Frame} Frame */
/** @typedef {{resolve: (frame: Frame) => void, reject: (why: Error) => void, timer: number}} Waiting */

/** @extends {Telling<{opened: undefined, push: Frame, closed: number}>} */
export class Link extends Telling {
  /** @param {string} url @param {import("./meter.js").Meter} meter */
  constructor(url, meter) {
    super();
    this._meter = meter;
    this._ref = 0;
    this._waiting = /** @type {Map<number, Waiting>} */ (new Map());
    this._isOver = false;
    this._silenceMs = 0;
    this._codec = codecOf("");
    this._socket = new WebSocket(url, SUBPROTOCOLS);
    this._socket.binaryType = "arraybuffer";
    this._socket.onopen = () => this._opened();
    this._socket.onmessage = (message) => this._received(message.data);
    this._socket.onclose = (event) => this._finish(event.code);
    this._watch = setTimeout(() => this.abandon(), OPEN_MS);
  }

  /** The subprotocol that was agreed on. */
  get subprotocol() {
    return this._socket.protocol;
  }

  get isOver() {
    return this._isOver;
  }

  /** Silence longer than this, and some grace, means that nobody is there. @param {number} pingMs */
  expectPings(pingMs) {
    this._silenceMs = pingMs + GRACE_MS;
    this._heard();
  }

  /** A frame that has no reply; lost if it cannot be sent now. @param {Frame} frame */
  push(frame) {
    if (this._isOver || this._socket.readyState !== WebSocket.OPEN) return;
    const payload = this._codec.encode(frame);
    this._meter.sent(payload);
    this._socket.send(payload);
  }

  /**
   * A command, and its one reply. Rejects with `Refused` or `Unanswered`.
   * @param {Frame} command
   * @returns {Promise<Frame>}
   */
  ask(command) {
    if (this._isOver) return Promise.reject(new Unanswered());
    const ref = (this._ref += 1);
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this._waiting.delete(ref);
        reject(new Unanswered());
      }, REPLY_MS);
      this._waiting.set(ref, { resolve, reject, timer });
      this.push({ ...command, ref });
    });
  }

  /** How long the way there and back takes now, in ms. Rejects with `Unanswered`. */
  async ping() {
    const startedAt = performance.now();
    await this.ask({ t: "ping" });
    return (this._meter.rttMs = performance.now() - startedAt);
  }

  /** Ask for a sign of life now, as after a sleep. */
  probe() {
    if (this._silenceMs === 0 || this._isOver) return;
    clearTimeout(this._watch);
    this._watch = setTimeout(() => this.abandon(), PROBE_MS);
    this.ping().catch(() => {});
  }

  /** The other end is taken for dead: nothing is waited for, not even its close. */
  abandon() {
    this._socket.close();
    this._finish(1006);
  }

  /** Leave in order. */
  close() {
    this._socket.close(LEAVING);
    this._finish(LEAVING);
  }

  _opened() {
    this._codec = codecOf(this._socket.protocol);
    this.tell("opened");
  }

  /** @param {unknown} payload */
  _received(payload) {
    if (this._isOver) return;
    this._heard();
    this._meter.received(/** @type {string|ArrayBuffer} */ (payload));
    const frame = this._decoded(payload);
    if (!frame) return;
    if (frame.t === "ping") return this.push({ t: "pong" });
    const waiting = frame.ref === undefined ? undefined : this._waiting.get(frame.ref);
    if (frame.ref === undefined) this.tell("push", frame);
    else if (waiting) this._answered(frame.ref, waiting, frame);
  }

  /** A frame, or the end of the link: after one that nobody can read, nothing is sure. @param {unknown} payload */
  _decoded(payload) {
    try {
      return this._codec.decode(payload);
    } catch {
      this._socket.close(BROKEN_FRAME);
      this._finish(BROKEN_FRAME);
    }
  }

  /** @param {number} ref @param {Waiting} waiting @param {Frame} frame */
  _answered(ref, waiting, frame) {
    this._waiting.delete(ref);
    clearTimeout(waiting.timer);
    if (frame.t === "nack") waiting.reject(new Refused(/** @type {any} */ (frame)));
    else waiting.resolve(frame);
  }

  _heard() {
    if (this._silenceMs === 0) return;
    clearTimeout(this._watch);
    this._watch = setTimeout(() => this.abandon(), this._silenceMs);
  }

  /** @param {number} code */
  _finish(code) {
    if (this._isOver) return;
    this._isOver = true;
    clearTimeout(this._watch);
    this._socket.onmessage = this._socket.onclose = this._socket.onopen = null;
    for (const { reject, timer } of this._waiting.values()) {
      clearTimeout(timer);
      reject(new Unanswered());
    }
    this._waiting.clear();
    this.tell("closed", code);
  }
}
