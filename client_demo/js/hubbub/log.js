/**
 * The entries of a room that are at hand: an unbroken piece of its log, folded as far as it goes.
 *
 * Knows the order, what is folded into what, how much to keep. Refuses to know where entries come from and
 * who is told.
 */

import { messageAfter } from "./fold.js";

/** @typedef {import("./types.js").Entry} Entry */

const KEPT = 300; // entries while they only arrive: what a page can show without effort
const KEPT_WITH_HISTORY = 10_000; // entries once somebody reads above: as many as a server keeps by default

export class Log {
  /** @param {() => string} myId */
  constructor(myId) {
    this.entries = /** @type {Entry[]} */ ([]);
    this._asOf = /** @type {WeakMap<Entry, number>} */ (new WeakMap()); // earlier entries are in it
    this._kept = KEPT;
    this._myId = myId;
  }

  get isFull() {
    return this.entries.length >= KEPT_WITH_HISTORY;
  }

  /** @param {number} seq @returns {Entry|undefined} */
  at(seq) {
    const found = this.entries[this.indexOf(seq)];
    return found?.seq === seq ? found : undefined;
  }

  /** Where the first entry stands that is not before `seq`. @param {number} seq */
  indexOf(seq) {
    let [low, high] = [0, this.entries.length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.entries[middle].seq < seq) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** These entries and no others. @param {Entry[]} entries @param {number} asOf  They are folded up to there. */
  startOver(entries, asOf) {
    this.entries = [...entries];
    this._kept = KEPT;
    for (const entry of entries) this._asOf.set(entry, asOf);
  }

  /** One more at the end; false if it was there already. @param {Entry} entry */
  append(entry) {
    if (entry.seq <= (this.entries.at(-1)?.seq ?? 0)) return false;
    this.entries.push(entry);
    if (this.entries.length > this._kept) this.entries.splice(0, this.entries.length - this._kept);
    return true;
  }

  /** Applies an edit, removal or reaction to what it targets. @param {Entry} entry @returns {Entry|undefined} */
  amend(entry) {
    if (entry.target === undefined) return undefined;
    const message = this.at(entry.target);
    if (!message || (this._asOf.get(message) ?? 0) >= entry.seq) return undefined;
    const amended = messageAfter(message, entry, this._myId());
    if (amended === message) return undefined;
    this.entries[this.indexOf(entry.target)] = amended;
    this._asOf.set(amended, entry.seq);
    return amended;
  }

  /**
   * What was before; from now on much is kept.
   * @param {Entry[]} page @param {number} asOf  It is folded up to there. @returns {number} how many were taken
   */
  prepend(page, asOf) {
    this.hold(true);
    const oldest = this.entries[0]?.seq ?? Infinity;
    const room = Math.max(0, this._kept - this.entries.length);
    const earlier = page.filter((entry) => entry.seq < oldest);
    const isNext = oldest === Infinity || earlier.at(-1)?.seq === oldest - 1;
    if (!isNext) return 0; // asked for before everything was read anew
    const taken = room > 0 ? earlier.slice(-room) : [];
    for (const entry of taken) this._asOf.set(entry, asOf);
    this.entries = [...taken, ...this.entries];
    for (const entry of this.entries.slice(this.indexOf(asOf + 1))) this.amend(entry);
    return taken.length;
  }

  /** Whether somebody reads above, so that nothing is let go of beneath them. @param {boolean} isHeld */
  hold(isHeld) {
    this._kept = isHeld ? KEPT_WITH_HISTORY : KEPT;
  }
}
