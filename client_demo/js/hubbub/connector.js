/**
 * Stays connected: a link, its hello, and after a loss the next one when it is due.
 *
 * Knows credentials, back-off, close codes and drain. Refuses to know rooms, and the page: whoever owns
 * one calls `wake`, `rest` and `goOffline`. Dispatches `state`, `welcome` (detail: `{identity, token}`),
 * `push` (detail: the frame) and `ended` (detail: `{why, nack}`).
 */

import { Backoff } from "./backoff.js";
import { adviceFor } from "./closes.js";
import { Link } from "./link.js";
import { Meter } from "./meter.js";
import { Refused } from "./refused.js";

/** @typedef {{token: string} | {name: string}} Credentials */

export class Connector extends EventTarget {
  /** @param {string} url @param {Credentials} credentials */
  constructor(url, credentials) {
    super();
    this.state = /** @type {"connecting"|"online"|"waiting"|"offline"|"resting"|"ended"} */ ("resting");
    this.why = "lost"; // as `Advice.why`; of the last loss
    this.retryAt = 0; // ms, while waiting
    this.link = /** @type {Link|null} */ (null);
    this.meter = new Meter();
    this._url = url;
    this._credentials = credentials;
    this._backoff = new Backoff();
    this._retry = 0;
    this._drainMs = /** @type {number|null} */ (null);
  }

  get attempts() {
    return this._backoff.attempts;
  }

  /** Connect, and stay so. */
  start() {
    if (this.link || this.state === "ended") return;
    clearTimeout(this._retry);
    this._drainMs = null;
    const link = (this.link = new Link(this._url, this.meter));
    link.addEventListener("opened", () => this._greet(link));
    link.addEventListener("push", (event) => this._pushed(/** @type {CustomEvent} */ (event).detail));
    link.addEventListener("closed", (event) => this._lost(link, /** @type {CustomEvent} */ (event).detail.code));
    this._become("connecting");
  }

  /** The page can be seen or the network is back: no reason to wait longer. */
  wake() {
    if (this.link) this.link.probe();
    else this.start();
  }

  /** The page goes to sleep; `wake` goes on where this stopped. */
  rest() {
    this._drop();
    if (this.state !== "ended") this._become("resting");
  }

  /** There is no network: attempts are of no use until `wake`. */
  goOffline() {
    this._drop();
    if (this.state !== "ended") this._become("offline");
  }

  /** @param {"hello"|import("./closes.js").Advice["why"]} why @param {import("./types.js").Nack} [nack] */
  end(why, nack) {
    this._drop();
    this._become("ended");
    this.dispatchEvent(new CustomEvent("ended", { detail: { why, nack } }));
  }

  _drop() {
    clearTimeout(this._retry);
    const link = this.link;
    this.link = null;
    link?.close();
  }

  /** @param {Link} link */
  async _greet(link) {
    try {
      const startedAt = performance.now();
      const welcome = await link.ask({ t: "hello", ...this._credentials });
      this.meter.connects += 1;
      this.meter.setClock(welcome.server_time, performance.now() - startedAt);
      if (welcome.token) this._credentials = { token: welcome.token };
      this._backoff.connected(Date.now());
      link.expectPings(welcome.ping_ms);
      this.dispatchEvent(new CustomEvent("welcome", { detail: welcome }));
      this._become("online");
    } catch (fault) {
      if (fault instanceof Refused && !fault.nack.temporary) this.end("hello", fault.nack);
      else link.abandon();
    }
  }

  /** @param {import("./types.js").Frame} frame */
  _pushed(frame) {
    if (frame.t === "drain") this._drainMs = frame.reconnect_ms;
    else this.dispatchEvent(new CustomEvent("push", { detail: frame }));
  }

  /** @param {Link} link @param {number} code */
  _lost(link, code) {
    if (link !== this.link) return;
    this.link = null;
    this.meter.lastClose = code;
    const advice = adviceFor(code, this._drainMs);
    this.why = advice.why;
    if (!advice.comesBack) return this.end(advice.why);
    const waitMs = Math.max(advice.leastMs, this._backoff.next(Date.now()));
    this.retryAt = Date.now() + waitMs;
    clearTimeout(this._retry);
    this._retry = setTimeout(() => this.start(), waitMs);
    this._become("waiting");
  }

  /** @param {Connector["state"]} state */
  _become(state) {
    this.state = state;
    this.dispatchEvent(new Event("state"));
  }
}
