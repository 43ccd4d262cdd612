/**
 * Tells the server how far rooms have been read: at once, then at most once a second and room.
 *
 * Knows what was told. Refuses to know what reading is.
 */

const BEAT_MS = 1_000; // a room may bring hundreds of entries a second; how far one has read is no news that often

export class Reading {
  /** @param {(room: string, seq: number) => void} tell */
  constructor(tell) {
    this._tell = tell;
    this._waiting = /** @type {Map<string, number>} */ (new Map());
    this._timers = /** @type {Map<string, number>} */ (new Map());
  }

  /** @param {string} room @param {number} seq */
  saw(room, seq) {
    this._waiting.set(room, seq);
    if (!this._timers.has(room)) this._beat(room);
  }

  /** What is still to be told, now: there may be no later. */
  flush() {
    for (const timer of this._timers.values()) clearTimeout(timer);
    this._timers.clear();
    for (const [room, seq] of this._waiting) this._tell(room, seq);
    this._waiting.clear();
  }

  /** @param {string} room */
  _beat(room) {
    this._timers.delete(room);
    const seq = this._waiting.get(room);
    if (seq === undefined) return;
    this._waiting.delete(room);
    this._tell(room, seq);
    this._timers.set(
      room,
      setTimeout(() => this._beat(room), BEAT_MS),
    );
  }
}
