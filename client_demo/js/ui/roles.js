/**
 * Who has which role in the hub, as far as one is told: by the room's people, by the hub's list, by its log.
 *
 * Knows which of these is newer. Refuses to know what a role allows: the server does.
 */

import { Refused, Unanswered } from "../hubbub/index.js";

/** @typedef {import("../hubbub/types.js").Entry} Entry */
/** @typedef {import("../hubbub/types.js").Person} Person */

export class Roles {
  /**
   * @param {import("../hubbub/client.js").Client} client @param {import("../hubbub/room.js").Room} room
   * @param {() => void} changed @param {AbortSignal} signal
   */
  constructor(client, room, changed, signal) {
    this._client = client;
    this._room = room;
    this._changed = changed;
    this._byId = /** @type {Map<string, string>} */ (new Map());
    room.addEventListener("rights", () => this._load(), { signal });
    room.addEventListener("people", changed, { signal });
    if (room.isJoined) this._load();
  }

  /** @param {Person} person */
  of(person) {
    if (person.id === this._client.identity?.id) return this._room.role;
    return this._byId.get(person.id) ?? this._room.people.get(person.id)?.role ?? "participant";
  }

  /** A grant was made. @param {Entry} entry */
  granted({ subject, role }) {
    if (subject && role) this._byId.set(subject.id, role);
    this._changed();
  }

  async _load() {
    try {
      const holders = /** @type {{id: string, role: string}[]} */ (await this._client.people("roles"));
      for (const { id, role } of holders) this._byId.set(id, role);
      this._changed();
    } catch (fault) {
      if (!(fault instanceof Refused || fault instanceof Unanswered)) throw fault; // then without badges
    }
  }
}
