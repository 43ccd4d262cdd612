/**
 * One stay of the reader in a room: what was new when it began, and whether it has been shown.
 *
 * Knows what outlives drawing the page anew, in another language. Refuses to know the page.
 */

/** @typedef {import("../hubbub/room.js").Room} Room */
/**
 * @typedef {object} Visit
 * @property {number|undefined} seen  The newest entry read on an earlier visit.
 * @property {number} met  The newest entry when this visit began: what is newer was written before one's eyes.
 * @property {boolean} hasBegun  The reader has been led to what is new.
 */

const visits = /** @type {WeakMap<Room, Visit>} */ (new WeakMap());

/** @param {Room} room @returns {Visit} */
export function visitOf(room) {
  const known = visits.get(room);
  if (known && known.seen === room.seenAtEntry) return known;
  const visit = { seen: room.seenAtEntry, met: room.seq || Infinity, hasBegun: false };
  visits.set(room, visit);
  return visit;
}
