/**
 * Who is in a room, as far as this reader is told: how many, their names once asked for, who is typing.
 *
 * Knows what `who`, `presence` and `typing` say. Refuses to know connections, and names it was not given.
 * Tells `present`, `people` and `typing`.
 */

import { Telling } from "./telling.js";

/** @typedef {import("./types.js").Person} Person */
/** @typedef {import("./types.js").Present} Present */

const TYPING_MS = 6_000; // two of the intervals at which somebody who goes on typing says so

/** @extends {Telling<{present: undefined, people: undefined, typing: undefined}>} */
export class Attendance extends Telling {
  /** @param {() => string} myId */
  constructor(myId) {
    super();
    this.count = 0;
    this.isWanted = false; // whether somebody asked for names
    this.people = /** @type {Map<string, Present>} */ (new Map());
    this._typists = /** @type {Map<string, {who: Person, until: number}>} */ (new Map());
    this._timer = 0;
    this._myId = myId;
  }

  /** Who is writing now, without oneself. @returns {Person[]} */
  get typists() {
    return [...this._typists.values()].map(({ who }) => who);
  }

  /** @param {number} count */
  setCount(count) {
    if (count === this.count) return;
    this.count = count;
    this.tell("present");
  }

  /** All the names there are to know. @param {number} count @param {Present[]} people */
  fill(count, people) {
    this.setCount(count);
    this.people = new Map(people.map((one) => [one.id, one]));
    this.tell("people");
  }

  /** Some came, some went; without names, those known are no longer true. @param {import("./types.js").Frame} push */
  changed({ count, joined, left }) {
    this.setCount(count);
    for (const { id } of left ?? []) this.stopped(id);
    if (!this.isWanted) return;
    if (!joined) this.people.clear();
    for (const one of joined ?? []) this.people.set(one.id, one);
    for (const { id } of left ?? []) this.people.delete(id);
    this.tell("people");
  }

  /** @param {Person[]} who @param {number} nowMs */
  typing(who, nowMs) {
    const others = who.filter(({ id }) => id !== this._myId());
    for (const one of others) this._typists.set(one.id, { who: one, until: nowMs + TYPING_MS });
    if (others.length > 0) this._typingChanged(nowMs);
  }

  /** Somebody has written what they were typing, or is gone. @param {string} id */
  stopped(id) {
    if (this._typists.delete(id)) this.tell("typing");
  }

  /** Nobody tells us any more. */
  forget() {
    clearTimeout(this._timer);
    if (this._typists.size === 0) return;
    this._typists.clear();
    this.tell("typing");
  }

  /** @param {number} nowMs */
  _typingChanged(nowMs) {
    clearTimeout(this._timer);
    for (const [id, { until }] of this._typists) if (until <= nowMs) this._typists.delete(id);
    const next = Math.min(...[...this._typists.values()].map(({ until }) => until));
    if (this._typists.size > 0) this._timer = setTimeout(() => this._typingChanged(next), next - nowMs);
    this.tell("typing");
  }
}
