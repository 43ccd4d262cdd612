/**
 * Lines in the order of the log, each under a key; behind them those that are not in the log yet.
 *
 * Knows which line stands where, which share a name, where a day begins. Refuses to know what is in them.
 */

import { el, fill } from "./dom.js";
import { day, sameDay } from "./language.js";

/** @typedef {{at: number, by: string|null, seq: number}} Place  Of a line; `by` only for messages. */

const TOGETHER_MS = 5 * 60_000; // one author's messages within this stand under one name

export const NOT_YET = Infinity; // the `seq` of a line that is not in the log yet

export class Lines {
  constructor() {
    this.list = el("ol", {});
    this._byKey = /** @type {Map<string, HTMLLIElement>} */ (new Map());
    this._places = /** @type {WeakMap<Element, Place>} */ (new WeakMap());
  }

  get isEmpty() {
    return this._byKey.size === 0;
  }

  /** @param {string} key */
  has(key) {
    return this._byKey.has(key);
  }

  clear() {
    this.list.replaceChildren();
    this._byKey.clear();
  }

  /**
   * A line of the log, behind all that are; the one with this key that was not yet becomes it.
   * @param {string} key
   * @param {HTMLElement} content
   * @param {Place} place
   */
  append(key, content, place) {
    const line = this._lineOf(key, content);
    const before = this._firstWaiting(line);
    const previous = before ? before.previousElementSibling : this.list.lastElementChild;
    const last = previous === line ? line.previousElementSibling : previous;
    this._separate(last, place.at, previous === line ? line : before);
    this._insert(line, place, before);
  }

  /**
   * A line that is not in the log yet, behind all others; one that is there already only changes.
   * @param {string} key
   * @param {HTMLElement} content
   * @param {Place} place
   */
  wait(key, content, place) {
    const isNew = !this.has(key);
    const line = this._lineOf(key, content);
    if (isNew) this._insert(line, place, null);
  }

  /** Another content for a line, if it is there. @param {string} key @param {HTMLElement} content */
  change(key, content) {
    if (this.has(key)) this._lineOf(key, content);
  }

  /** @param {string} key */
  remove(key) {
    this._byKey.get(key)?.remove();
    this._byKey.delete(key);
  }

  /** Takes the lines before an entry out. @param {number} seq */
  trimBefore(seq) {
    for (const [key, line] of this._byKey) {
      if ((this._places.get(line)?.seq ?? 0) >= seq) break;
      this.remove(key);
    }
  }

  /** @param {string} key @param {HTMLElement} content */
  _lineOf(key, content) {
    const line = this._byKey.get(key) ?? el("li", { "data-key": key });
    this._byKey.set(key, line);
    fill(line, content);
    return line;
  }

  /** The first line that waits, other than this one. @param {Element} line @returns {Element|null} */
  _firstWaiting(line) {
    let first = null;
    for (let one = this.list.lastElementChild; one; one = one.previousElementSibling) {
      if (this._places.get(one)?.seq !== NOT_YET) break;
      if (one !== line) first = one;
    }
    return first;
  }

  /** A line for a new day. @param {Element|null} last @param {number} at @param {Element|null} before */
  _separate(last, at, before) {
    const place = last ? this._places.get(last) : undefined;
    if (place && sameDay(place.at, at)) return;
    const line = el("li", { class: "day" }, el("h2", {}, day(at)));
    this._places.set(line, { at, by: null, seq: 0 });
    this.list.insertBefore(line, before);
  }

  /** @param {HTMLLIElement} line @param {Place} place @param {Element|null} before */
  _insert(line, place, before) {
    this._places.set(line, place);
    if (line.parentElement !== this.list || line.nextElementSibling !== before) this.list.insertBefore(line, before);
    for (const one of [line, line.nextElementSibling]) if (one) this._group(one);
  }

  /** Whether a line stands under the name of the one before. @param {Element} line */
  _group(line) {
    const mine = this._places.get(line);
    const before = line.previousElementSibling && this._places.get(line.previousElementSibling);
    const isTogether = mine?.by && before?.by === mine.by && mine.at - before.at < TOGETHER_MS;
    line.classList.toggle("is-together", Boolean(isTogether));
  }
}
