/**
 * Where one is, as the URL's fragment says it: `#hub/room`, or `#hub/room/58` for an entry. It is never sent.
 *
 * Knows the shape of addresses. Refuses to know whether anything is there.
 */

const PART = "[a-z0-9][a-z0-9-]{0,62}";
const SHAPE = new RegExp(`^#(${PART})/(${PART})(?:/([1-9][0-9]{0,15}))?$`);
const HUB = "place"; // where nobody says which

/** @typedef {{hub: string, room: string, seq: number|undefined}} Place  `room` is the whole address. */

/** What a fragment names, if it names a room. @param {string} fragment @returns {Place|null} */
export function placeIn(fragment) {
  const found = SHAPE.exec(fragment);
  if (!found) return null;
  const [, hub, room, seq] = found;
  return { hub, room: `${hub}/${room}`, seq: seq ? Number(seq) : undefined };
}

/** The hub that the URL asks for. */
export function hubName() {
  return placeIn(location.hash)?.hub ?? (new URLSearchParams(location.search).get("hub") || HUB);
}

/** A link that opens a room, at an entry of it. @param {string} room @param {number} [seq] */
export function linkTo(room, seq) {
  return `${location.origin}${location.pathname}${location.search}#${room}${seq === undefined ? "" : `/${seq}`}`;
}

/**
 * The URL says where one is, so that Back works; the first room of a visit leads back out.
 * @param {string} room @param {"push"|"replace"} how
 */
export function goTo(room, how) {
  if (placeIn(location.hash)?.room === room) return;
  if (how === "push") history.pushState(null, "", `#${room}`);
  else history.replaceState(null, "", `#${room}`);
}
