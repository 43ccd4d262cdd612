/**
 * What one may do to a person, or to a message of theirs, by rank.
 *
 * Pure: roles in, acts out. Refuses to judge: the server does, this only leaves out what it would refuse.
 */

import { RANKS, rankOf } from "./speakers.js";

/** @typedef {"remove"|"mute"|"ban"|"floor"|"role"} ActOn */

/**
 * @param {import("../hubbub/room.js").Room} room
 * @param {{id: string, role?: string}} person  Without a role that is known, the server is asked.
 * @param {boolean} hasMessage @returns {ActOn[]}
 */
export function actsOn(room, person, hasMessage) {
  if (!room.rights?.moderate) return [];
  const mine = rankOf(room.role);
  const theirs = rankOf(person.role);
  const { mode, floor } = room.state ?? {};
  const lacksFloor = theirs === 0 && mode === "announcement" && !floor?.given.some(({ id }) => id === person.id);
  const acts = /** @type {ActOn[]} */ ([]);
  if (hasMessage && mine >= theirs) acts.push("remove");
  if (mine > theirs) acts.push("mute", "ban");
  if (lacksFloor) acts.push("floor");
  if (rolesToGive(room, person).length > 1) acts.push("role");
  return acts;
}

/**
 * The roles that one may give somebody, theirs among them.
 * @param {import("../hubbub/room.js").Room} room @param {{role?: string}} person
 */
export function rolesToGive(room, person) {
  const mine = rankOf(room.role);
  if (mine === RANKS.length - 1) return RANKS;
  return mine > rankOf(person.role) ? RANKS.slice(0, mine) : [];
}
