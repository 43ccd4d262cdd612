/**
 * What can become of a command besides an `ack`.
 *
 * Knows two ends: the server said no, or nobody knows. Refuses to know words for people.
 */

/** The server refused; nothing has changed. */
export class Refused extends Error {
  /** @param {import("./types.js").Nack} nack */
  constructor(nack) {
    super(nack.reason);
    this.nack = nack;
  }
}

/** No answer came: it may have been done. The same command with the same `id` is safe to send again. */
export class Unanswered extends Error {}
