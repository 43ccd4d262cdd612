/**
 * Where one reader stands in a room: may they write, and if not, what is the way to it.
 *
 * Pure: a room's state, rights and log in, one answer out. Refuses to judge: the server says what one may do,
 * this only finds the word for it.
 */

/** @typedef {import("../hubbub/types.js").Entry} Entry */
/**
 * @typedef {object} Stance
 * @property {"loading"|"writes"|"speaks"|"closed"|"muted"|"unknown"|"asked"|"cools"|"asks"|"read_only"} kind
 *   `speaks` is to write because the floor was given; `cools`: asking again takes some time.
 * @property {number} [rank]  In the line of those who asked, from 1 on.
 * @property {number} [at]  When one asked, or was given the floor.
 * @property {number} [until]  When one may ask again.
 * @property {Entry} [answer]  How the last wish to speak, or the floor, ended in this mode.
 */

const COOLS_MS = 60_000; // as the server has it
const ENDS = new Set(["refuse", "take", "withdraw"]);
const MODES = new Set(["agora", "announcement"]);

/**
 * @param {import("../hubbub/room.js").Room} room @param {string} myId @param {number} nowMs  The server's time.
 * @returns {Stance}
 */
export function stanceOf(room, myId, nowMs) {
  const { state, rights } = room;
  if (!state) return { kind: "loading" };
  if (!rights) return { kind: "closed" };
  const given = state.floor?.given.find((turn) => turn.id === myId);
  if (rights.publish)
    return given && state.mode === "announcement" ? { kind: "speaks", at: given.at } : { kind: "writes" };
  if (!rights.react) return { kind: "muted" };
  if (!MODES.has(state.mode)) return { kind: "unknown" };
  return rights.floor ? wish(room, myId, nowMs) : { kind: "read_only" };
}

/** @param {import("../hubbub/room.js").Room} room @param {string} myId @param {number} nowMs @returns {Stance} */
function wish(room, myId, nowMs) {
  const asked = room.state?.floor?.asked ?? [];
  const place = asked.findIndex((turn) => turn.id === myId);
  if (place >= 0) return { kind: "asked", rank: place + 1, at: asked[place].at };
  const end = room.entries.findLast((one) => one.kind === "floor" && one.subject?.id === myId);
  if (!end || !ENDS.has(end.action ?? "")) return { kind: "asks" };
  const answer = end.by.id !== myId && end.at >= (room.state?.mode_since ?? 0) ? end : undefined;
  const until = end.at + COOLS_MS;
  return until > nowMs ? { kind: "cools", until, answer } : { kind: "asks", answer };
}
