/**
 * How long to wait before the next attempt to connect: exponential, with full jitter.
 *
 * Knows attempts and times that are handed to it. Refuses to know sockets and timers.
 */

const FIRST_MS = 500; // the ceiling of the first wait: a blip is over by then
const MOST_MS = 20_000; // the ceiling of all: longer and people reload the page
const GOOD_AFTER_MS = 30_000; // a connection that lasted this long was a good one

export class Backoff {
  /** @param {() => number} random  From 0 up to 1. */
  constructor(random = Math.random) {
    this._random = random;
    this.attempts = 0;
    this._connectedAt = /** @type {number|null} */ (null);
  }

  /** A connection stands. @param {number} nowMs */
  connected(nowMs) {
    this._connectedAt = nowMs;
  }

  /** It is gone, or never came: how long to wait now, in ms. @param {number} nowMs @returns {number} */
  next(nowMs) {
    if (this._connectedAt !== null && nowMs - this._connectedAt >= GOOD_AFTER_MS) this.attempts = 0;
    this._connectedAt = null;
    const ceiling = Math.min(MOST_MS, FIRST_MS * 2 ** Math.min(this.attempts, 10));
    this.attempts += 1;
    return this._random() * ceiling;
  }
}
