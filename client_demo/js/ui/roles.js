/**
 * Who has which role in the hub: what was granted there, asked for once per connection and again when one is
 * granted; and what those who are in a room came with.
 *
 * Knows which of these wins. Refuses to know what a role allows: the server does.
 */

import { Refused, Unanswered } from "../hubbub/index.js";

/** @typedef {import("./speakers.js").WithRole} WithRole */
/** @typedef {import("../hubbub/types.js").Person} Person */

export class Roles extends EventTarget {
  /** @param {import("../hubbub/client.js").Client} client */
  constructor(client) {
    super();
    this.granted = /** @type {WithRole[]} */ ([]);
    this._byId = /** @type {Map<string, string>} */ (new Map());
    this._client = client;
    this._isAsking = false;
    this._isStale = false;
  }

  /** Somebody's role, as far as it is told. @param {import("../hubbub/room.js").Room} room @param {Person} person */
  of(room, { id }) {
    if (id === this._client.identity?.id) return room.role;
    return this._byId.get(id) ?? room.people.get(id)?.role ?? "participant";
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
        this._byId = new Map(this.granted.map(({ id, role = "" }) => [id, role]));
        this.dispatchEvent(new Event("changed"));
      }
    } catch (fault) {
      if (!(fault instanceof Refused || fault instanceof Unanswered)) throw fault;
      // What was known is still shown; the next connection, or grant, asks again.
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
