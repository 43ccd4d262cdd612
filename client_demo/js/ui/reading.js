/**
 * What rows of messages have to know of the room and its reader: who I am, who has a role, what was answered.
 *
 * Knows where to look these up. Refuses to know what is made of them.
 */

import { mentionOf } from "./links.js";
import { rolesOf } from "./roles.js";

/** @typedef {import("../hubbub/types.js").Entry} Entry */
/** @typedef {import("../hubbub/types.js").Person} Person */

export class Reading {
  /**
   * @param {import("../hubbub/client.js").Client} client @param {import("../hubbub/room.js").Room} room
   * @param {import("./message_acts.js").MessageActs} acts
   * @param {() => void} changed @param {AbortSignal} signal
   */
  constructor(client, room, acts, changed, signal) {
    this.revision = 0; // goes up when anything here may answer differently
    this.acts = acts;
    this._roles = rolesOf(client);
    this._client = client;
    this._room = room;
    this._mention = /** @type {{name: string|undefined, found: RegExp|null}} */ ({ name: undefined, found: null });
    this._roles.addEventListener("changed", changed, { signal });
    room.addEventListener("people", changed, { signal });
  }

  /** @returns {Person} */
  me() {
    return this._client.identity ?? { id: "" };
  }

  /** Somebody by the name that is known here, where an entry has none. @param {Person} person @returns {Person} */
  named(person) {
    if (person.name) return person;
    const seen = this._room.entries.findLast((entry) => entry.by.id === person.id)?.by;
    return this._room.people.get(person.id) ?? seen ?? person;
  }

  /** @param {Person} person */
  roleOf(person) {
    return this._roles.of(this._room, person);
  }

  /** What calls the reader by name. */
  mention() {
    const { name } = this.me();
    if (name !== this._mention.name) this._mention = { name, found: mentionOf(name) };
    return this._mention.found;
  }

  /** @param {number} seq */
  entryAt(seq) {
    return this._room.entryAt(seq);
  }

  /** The entry that removed a message, if it is at hand. @param {number} seq */
  removalOf(seq) {
    return this._room.entries.find((entry) => entry.kind === "removal" && entry.target === seq);
  }

  /** @param {string} address */
  titleOf(address) {
    return this._client.hub.cards.get(address)?.state.title ?? address;
  }

  /** @param {Entry} entry */
  reactionsOf(entry) {
    return this.acts.reactionsOf(entry);
  }
}
