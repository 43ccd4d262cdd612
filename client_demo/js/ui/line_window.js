/**
 * Which lines of a long room are on the page: some 300 of them, up to the live end or from some place on.
 *
 * Knows entries by their order. Refuses to know the page, and where entries come from.
 */

/** @typedef {import("../hubbub/types.js").Entry} Entry */

const LINES = 300; // on the page: a screen shows 30, a page stays quick with ten times that
const STEP = 100; // by so many it moves: a third, so that it seldom does

export class LineWindow {
  /** @param {(entry: Entry) => boolean} isLine  Whether an entry has a line at all. */
  constructor(isLine) {
    this._isLine = isLine;
    this._from = /** @type {number|null} */ (null); // seq of the first line; null: all up to the live end
    this.isLive = true; // the newest line is among those shown
  }

  /** The entries that have their line on the page now. @param {readonly Entry[]} entries @returns {Entry[]} */
  of(entries) {
    if (this._from === null) {
      this.isLive = true;
      return this._before(entries, entries.length, LINES);
    }
    const shown = /** @type {Entry[]} */ ([]);
    let at = indexOf(entries, this._from);
    for (; at < entries.length && shown.length < LINES; at++) if (this._isLine(entries[at])) shown.push(entries[at]);
    this.isLive = at === entries.length;
    return shown;
  }

  /** From now on whatever comes newest is shown, and what is oldest goes. */
  follow() {
    this._from = null;
  }

  /** What is shown first stays so, whatever comes. @param {readonly Entry[]} entries */
  hold(entries) {
    this._from ??= this.of(entries)[0]?.seq ?? null;
  }

  /** On towards the beginning; false if nothing at hand is there. @param {readonly Entry[]} entries */
  up(entries) {
    const first = this.of(entries)[0];
    const above = first ? this._before(entries, indexOf(entries, first.seq), STEP) : [];
    if (above.length > 0) this._from = above[0].seq;
    return above.length > 0;
  }

  /** On towards the end; false if it is there. @param {readonly Entry[]} entries */
  down(entries) {
    const shown = this.of(entries);
    if (this.isLive) return false;
    this._from = shown[STEP]?.seq ?? this._from;
    return true;
  }

  /** An entry, and as much before as behind it. @param {readonly Entry[]} entries @param {number} seq */
  around(entries, seq) {
    const above = this._before(entries, indexOf(entries, seq), LINES / 2);
    this._from = above[0]?.seq ?? seq;
  }

  /**
   * The last lines before an index, in order.
   * @param {readonly Entry[]} entries @param {number} end @param {number} count @returns {Entry[]}
   */
  _before(entries, end, count) {
    const found = /** @type {Entry[]} */ ([]);
    for (let at = end - 1; at >= 0 && found.length < count; at--)
      if (this._isLine(entries[at])) found.push(entries[at]);
    return found.reverse();
  }
}

/** The index of the first entry at or behind `seq`. @param {readonly Entry[]} entries @param {number} seq */
function indexOf(entries, seq) {
  let [low, high] = [0, entries.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (entries[middle].seq < seq) low = middle + 1;
    else high = middle;
  }
  return low;
}
