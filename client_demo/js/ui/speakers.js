/**
 * Who may speak in a room that is for announcements: by their role, or because they were given the floor.
 *
 * Pure: a room and the roles granted in its hub in, people out. Refuses to know roles that only stand in
 * somebody's sign-in, unless that somebody is seen in the room.
 */

/** @typedef {import("../hubbub/types.js").Person} Person */
/** @typedef {Person & {role?: string}} WithRole */
/** @typedef {Person & {as: string}} Speaker  `as` is a role, or `floor`. */

export const RANKS = ["participant", "speaker", "moderator", "owner"]; // from low to high

/** @param {string|undefined} role */
export function rankOf(role) {
  return RANKS.indexOf(role ?? "participant");
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
