/**
 * What an entry does to what came before it: to the state of its room, to the message it targets.
 *
 * Knows the kinds of entries; pure, nothing is changed in place. Refuses to know where entries come from.
 */

/** @typedef {import("./types.js").Entry} Entry */
/** @typedef {import("./types.js").RoomState} RoomState */
/** @typedef {import("./types.js").FloorState} FloorState */

const NO_FLOOR = /** @type {FloorState} */ ({ asked: [], given: [] });

/** The state behind one more entry. @param {RoomState} state @param {Entry} entry @returns {RoomState} */
export function stateAfter(state, entry) {
  switch (entry.kind) {
    case "mode":
      return afterMode(state, entry);
    case "settings":
      return afterSettings(state, entry);
    case "floor":
      return { ...state, floor: floorAfter(state.floor ?? NO_FLOOR, entry) };
    case "sanction":
      return afterSanction(state, entry);
    default:
      return state;
  }
}

/** @param {RoomState} state @param {Entry} entry @returns {RoomState} */
function afterMode(state, entry) {
  return {
    ...state,
    mode: entry.mode ?? state.mode,
    base_mode: entry.until === undefined ? (entry.mode ?? state.mode) : state.base_mode,
    mode_since: entry.at,
    mode_by: entry.by,
    mode_reason: entry.reason ?? "",
    mode_until: entry.until,
    floor: entry.mode === entry.previous ? state.floor : NO_FLOOR,
  };
}

/** @param {RoomState} state @param {Entry} entry @returns {RoomState} */
function afterSettings(state, entry) {
  const changed = { ...state };
  if (entry.title) changed.title = entry.title;
  if (entry.topic !== undefined) changed.topic = entry.topic || undefined;
  if (entry.discussion !== undefined) changed.discussion = entry.discussion || undefined;
  if (entry.slow_ms !== undefined) changed.slow_ms = entry.slow_ms || undefined;
  return changed;
}

/** @param {FloorState} floor @param {Entry} entry @returns {FloorState} */
function floorAfter(floor, entry) {
  if (!entry.subject) return floor;
  const turn = { id: entry.subject.id, name: entry.subject.name, at: entry.at, reason: entry.reason };
  const { asked, given } = floorWithout(floor, turn.id);
  if (entry.action === "ask") return { asked: [...asked, turn], given };
  if (entry.action === "give") return { asked, given: [...given, turn] };
  return { asked, given };
}

/** A mute or ban of the room takes the floor. @param {RoomState} state @param {Entry} entry @returns {RoomState} */
function afterSanction(state, entry) {
  if (entry.scope !== "room" || !entry.subject || entry.action?.startsWith("un")) return state;
  return { ...state, floor: floorWithout(state.floor ?? NO_FLOOR, entry.subject.id) };
}

/** @param {FloorState} floor @param {string} id @returns {FloorState} */
function floorWithout(floor, id) {
  return { asked: floor.asked.filter((turn) => turn.id !== id), given: floor.given.filter((turn) => turn.id !== id) };
}

/**
 * A message behind one more entry that targets it; the same object if nothing changes.
 * @param {Entry} message
 * @param {Entry} entry
 * @param {string} myId
 * @returns {Entry}
 */
export function messageAfter(message, entry, myId) {
  if (message.kind === "removed") return message;
  switch (entry.kind) {
    case "edit":
      return entry.text === undefined ? message : { ...message, text: entry.text, edited: entry.at };
    case "removal":
      return { seq: message.seq, at: message.at, id: message.id, kind: "removed", by: message.by };
    case "reaction":
      return afterReaction(message, entry, myId);
    default:
      return message;
  }
}

/** @param {Entry} message @param {Entry} entry @param {string} myId @returns {Entry} */
function afterReaction(message, { emoji = "", on, by }, myId) {
  const { [emoji]: count = 0, ...others } = message.reactions ?? {};
  const now = count + (on ? 1 : -1);
  const reactions = now > 0 ? { ...message.reactions, [emoji]: now } : others;
  const { mine = [] } = message;
  if (by.id !== myId) return { ...message, reactions, mine };
  return { ...message, reactions, mine: [...mine.filter((one) => one !== emoji), ...(on ? [emoji] : [])] };
}
