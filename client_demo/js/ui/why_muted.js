/**
 * Asks the server under which sanction one stands in a room: who decided it, why, until when.
 *
 * Knows a command that the server refuses to whoever is under one, and that changes nothing for anybody.
 * Refuses to guess from the log, which may have begun after the sanction, or in another room.
 */

import { Refused } from "../hubbub/index.js";

/**
 * The rule, or null if there is none, or no answer.
 * @param {import("../hubbub/client.js").Client} client @param {import("../hubbub/room.js").Room} room
 * @returns {Promise<Record<string, any>|null>}
 */
export async function whyMuted(client, room) {
  try {
    await client.act(room, { t: "react", target: 0, emoji: "👍", on: false }); // no entry has this number
  } catch (fault) {
    if (fault instanceof Refused && fault.nack.code === "muted") return fault.nack.rule ?? null;
  }
  return null;
}
