/**
 * In which order rooms stand: by title. Nothing moves while people write and modes are switched.
 *
 * Knows cards of rooms; pure. Refuses to know how they look.
 */

/** @typedef {import("../hubbub/types.js").RoomCard} RoomCard */

/** @param {Iterable<RoomCard>} cards @param {string} language @returns {RoomCard[]} */
export function ordered(cards, language) {
  const { compare } = new Intl.Collator(language, { numeric: true });
  return [...cards].sort((one, other) => compare(one.state.title, other.state.title) || compare(one.room, other.room));
}

/**
 * The next room from here, around the end; the next unread one, if that is wanted and there is one.
 * @param {RoomCard[]} cards @param {string} current @param {1|-1} step @param {boolean} isUnread
 * @returns {string|undefined}
 */
export function neighbour(cards, current, step, isUnread) {
  const from = cards.findIndex((card) => card.room === current);
  const around = cards.map((_, index) => cards[(from + step * (index + 1) + 2 * cards.length) % cards.length]);
  return around.find((card) => card.room !== current && (!isUnread || card.messages > 0))?.room;
}
