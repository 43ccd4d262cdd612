/**
 * What connections cost and how far apart the clocks are, for whoever wants to look.
 *
 * Knows sums. Refuses to know what is in frames.
 */

export class Meter {
  constructor() {
    this.rttMs = /** @type {number|null} */ (null);
    this.offsetMs = 0;
    this.framesIn = 0;
    this.framesOut = 0;
    this.bytesIn = 0;
    this.bytesOut = 0;
    this.connects = 0;
    this.lastClose = /** @type {number|null} */ (null);
  }

  /** @param {string|ArrayBufferLike|ArrayBufferView} payload */
  received(payload) {
    this.framesIn += 1;
    this.bytesIn += sizeOf(payload);
  }

  /** @param {string|ArrayBufferLike|ArrayBufferView} payload */
  sent(payload) {
    this.framesOut += 1;
    this.bytesOut += sizeOf(payload);
  }

  /** A server said hello, and what time it was half of `tookMs` ago. @param {number} serverMs @param {number} tookMs */
  connected(serverMs, tookMs) {
    this.connects += 1;
    this.rttMs = tookMs;
    this.offsetMs = Math.round(serverMs + tookMs / 2 - Date.now());
  }
}

/** In bytes; of text, in characters. @param {string|ArrayBufferLike|ArrayBufferView} payload */
function sizeOf(payload) {
  return typeof payload === "string" ? payload.length : payload.byteLength;
}
