/**
 * Who may speak in a room that is for announcements: by their role, or because they were given the floor.
 *
 * Knows roles granted in the hub, asked for once per connection and again when one is granted. Refuses to
 * know roles that only stand in somebody's sign-in, unless that somebody is seen in the room.
 */

/** @typedef {import("../hubbub/types.js").Person} Person */
/** @typedef {Person & {role?: string}} WithRole */
/** @typedef {Person & {as: string}} Speaker  `as` is a role, or `floor`. */

export const RANKS = ["participant", "speaker", "moderator", "owner"]; // from low to high

/** @param {string|undefined} role */
export function rankOf(role) {
  return RANKS.indexOf(role ?? "participant");
}

export class Roles extends EventTarget {
  /** @param {import("../hubbub/client.js").Client} client */
  constructor(client) {
    super();
    this.granted = /** @type {WithRole[]} */ ([]);
    this._client = client;
    this._isAsking = false;
    this._isStale = false;
  }

  /** Asks once more; what is asked for while an answer is on its way is asked once, behind it. */
  async refresh() {
    this._isStale = true;
    if (this._isAsking) return;
    this._isAsking = true;
    try {
      while (this._isStale) {
        this._isStale = false;
        this.granted = /** @type {WithRole[]} */ (await this._client.people("roles"));
        this.dispatchEvent(new Event("changed"));
      }
    } catch {
      // what was known is still shown; the next connection, or grant, asks again
    } finally {
      this._isAsking = false;
    }
  }
}

const rolesByClient = /** @type {WeakMap<import("../hubbub/client.js").Client, Roles>} */ (new WeakMap());

/** The roles of a client's hub, shared by all who show them. @param {import("../hubbub/client.js").Client} client */
export function rolesOf(client) {
  const known = rolesByClient.get(client);
  if (known) return known;
  const roles = new Roles(client);
  rolesByClient.set(client, roles);
  client.addEventListener("state", () => client.connector.state === "online" && roles.refresh());
  if (client.connector.state === "online") roles.refresh();
  return roles;
}

/**
 * Everybody who is known to be allowed to speak there, the highest role first.
 * @param {import("../hubbub/room.js").Room} room @param {WithRole[]} granted @returns {Speaker[]}
 */
export function speakersOf(room, granted) {
  const found = /** @type {Map<string, Speaker>} */ (new Map());
  for (const person of [...room.people.values(), ...granted])
    if (rankOf(person.role) > 0) found.set(person.id, { ...found.get(person.id), ...person, as: person.role ?? "" });
  for (const turn of room.state?.floor?.given ?? [])
    if (!found.has(turn.id)) found.set(turn.id, { id: turn.id, name: turn.name, as: "floor" });
  const speakers = [...found.values()].map((one) => (one.name ? one : { ...one, name: nameInLog(room, one.id) }));
  return speakers.sort((one, other) => rankOf(other.as) - rankOf(one.as));
}

/**
 * A grant may name somebody who had not been there yet.
 * @param {import("../hubbub/room.js").Room} room @param {string} id
 */
function nameInLog(room, id) {
  return room.entries.findLast(({ by }) => by.id === id)?.by.name;
}
