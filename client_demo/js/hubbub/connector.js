/**
 * Stays connected: a link, its hello, and after a loss the next one when it is due.
 *
 * Knows credentials, back-off, close codes and drain. Refuses to know rooms, and the page: whoever owns
 * one calls `wake`, `hide`, `rest` and `goOffline`. Tells `state`, `welcome` (the frame), `push` (the frame)
 * and `ended`.
 */

import { Backoff } from "./backoff.js";
import { adviceFor } from "./closes.js";
import { Link } from "./link.js";
import { Meter } from "./meter.js";
import { Refused } from "./refused.js";
import { Telling } from "./telling.js";

/** @typedef {import("./types.js").Frame} Frame */
/** @typedef {import("./types.js").Ended} Ended */
/** @typedef {{token: string} | {name: string}} Credentials */
/** @typedef {() => Promise<Credentials>} GetCredentials  For every connection; if it rejects, that is the end. */

/** @extends {Telling<{state: undefined, welcome: Frame, push: Frame, ended: Ended}>} */
export class Connector extends Telling {
  /**
   * @param {string} url
   * @param {Credentials|GetCredentials} credentials
   * @param {{random?: () => number, now?: () => number}} [chance]  For tests.
   */
  constructor(url, credentials, { random = Math.random, now = Date.now } = {}) {
    super();
    this.state = /** @type {import("./types.js").ConnectionState} */ ("resting");
    this.why = /** @type {import("./closes.js").Advice["why"]} */ ("lost"); // of the last loss
    this.retryAt = 0; // ms, while waiting
    this.link = /** @type {Link|null} */ (null);
    this.meter = new Meter();
    this._url = url;
    this._credentials = credentials;
    this._random = random;
    this._now = now;
    this._backoff = new Backoff(random);
    this._retry = 0;
    this._drainMs = /** @type {number|null} */ (null);
    this._isHidden = false;
    this._wasWelcome = false; // with the newest link
    this._attempt = /** @type {object|null} */ (null); // the one that is under way: an older one does not count
  }

  get attempts() {
    return this._backoff.attempts;
  }

  /** Connect, and stay so. */
  start() {
    if (this._attempt || this.state === "ended") return;
    clearTimeout(this._retry);
    this._drainMs = null;
    this._wasWelcome = false;
    if (this._credentials instanceof Function) this._obtain(this._credentials);
    else this._connect(this._credentials);
  }

  /** The page can be seen or the network is back: no reason to wait longer. */
  wake() {
    this._isHidden = false;
    if (this.link) this.link.probe();
    else this.start();
  }

  /** Nobody looks at the page: what stands goes on, what is lost waits until `wake`. */
  hide() {
    this._isHidden = true;
    clearTimeout(this._retry);
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

  /** @param {Ended["why"]} why @param {import("./types.js").Nack} [nack] */
  end(why, nack) {
    this._drop();
    this._become("ended");
    this.tell("ended", { why, nack });
  }

  _drop() {
    clearTimeout(this._retry);
    const link = this.link;
    this.link = this._attempt = null;
    link?.close();
  }

  /** @param {GetCredentials} getCredentials */
  async _obtain(getCredentials) {
    const attempt = (this._attempt = {});
    this._become("connecting");
    try {
      const credentials = await getCredentials();
      if (attempt === this._attempt) this._connect(credentials);
    } catch {
      if (attempt === this._attempt) this.end("token");
    }
  }

  /** @param {Credentials} credentials */
  _connect(credentials) {
    const link = (this.link = this._attempt = new Link(this._url, this.meter));
    link.addEventListener("opened", () => this._greet(link, credentials));
    link.addEventListener("push", ({ detail }) => this._pushed(detail));
    link.addEventListener("closed", ({ detail }) => this._lost(link, detail));
    this._become("connecting");
  }

  /** @param {Link} link @param {Credentials} credentials */
  async _greet(link, credentials) {
    try {
      const startedAt = performance.now();
      const welcome = await link.ask({ t: "hello", ...credentials });
      this.meter.connected(welcome.server_time, performance.now() - startedAt);
      this._welcomed(link, welcome);
    } catch (fault) {
      if (fault instanceof Refused && !fault.nack.temporary) this.end("hello", fault.nack);
      else link.abandon();
    }
  }

  /** @param {Link} link @param {Frame} welcome */
  _welcomed(link, welcome) {
    if (welcome.token && typeof this._credentials !== "function") this._credentials = { token: welcome.token };
    this._wasWelcome = true;
    this._backoff.connected(this._now());
    link.expectPings(welcome.ping_ms);
    this.tell("welcome", welcome);
    this._become("online");
  }

  /** @param {Frame} frame */
  _pushed(frame) {
    if (frame.t === "drain") this._drainMs = frame.reconnect_ms;
    else this.tell("push", frame);
  }

  /** @param {Link} link @param {number} code */
  _lost(link, code) {
    if (link !== this.link) return;
    this.link = this._attempt = null;
    this.meter.lastClose = code;
    const advice = adviceFor(code, this._drainMs, this._random);
    this.why = advice.why;
    if (!advice.comesBack && !this._mayRenew(advice.why)) return this.end(advice.why);
    const waitMs = Math.max(advice.leastMs, this._backoff.next(this._now()));
    this.retryAt = this._now() + waitMs;
    clearTimeout(this._retry);
    if (!this._isHidden) this._retry = setTimeout(() => this.start(), waitMs);
    this._become("waiting");
  }

  /** A token that was good has expired, and there is a way to the next. @param {string} why */
  _mayRenew(why) {
    return why === "token" && this._wasWelcome && typeof this._credentials === "function";
  }

  /** @param {Connector["state"]} state */
  _become(state) {
    this.state = state;
    this.tell("state");
  }
}
