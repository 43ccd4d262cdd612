/**
 * Sends a room's outbox: one message at a time, so that what was written first stands first.
 *
 * Knows which refusals pass with time. Refuses to know how a link comes about.
 */

import { Refused, Unanswered } from "./refused.js";

// `not_joined`: we were taken out of the room for a moment, and are on our way back.
const PASSES = new Set(["unavailable", "unknown_outcome", "rate_limited", "slow_mode", "not_joined"]);
const AGAIN_MS = 1_000; // where the server does not say when

/**
 * Sends what waits until nothing does, or the link is gone. Ends at once if the room is being served.
 * @param {import("./room.js").Room} room
 * @param {import("./link.js").Link} link
 * @param {WeakSet<import("./room.js").Room>} served  The rooms that this link is sending for.
 */
export async function flush(room, link, served) {
  if (served.has(room)) return;
  served.add(room);
  try {
    for (let one = room.outbox.next(); one && room.isJoined; one = room.outbox.next()) {
      if (!(await sendOne(room, link, one))) break;
    }
  } finally {
    served.delete(room);
  }
}

/**
 * @param {import("./room.js").Room} room
 * @param {import("./link.js").Link} link
 * @param {import("./outbox.js").Outgoing} outgoing
 * @returns {Promise<boolean>} whether the link may carry more
 */
async function sendOne(room, link, outgoing) {
  try {
    const { seq, epoch } = await link.ask(commandOf(room, outgoing));
    room.outbox.acked(outgoing, seq);
    const hasCome = epoch === room.epoch && seq <= room.seq; // its entry, and is above what is at hand
    if (hasCome) room.outbox.drop(outgoing.id);
  } catch (fault) {
    if (fault instanceof Unanswered) return !link.isOver;
    if (!(fault instanceof Refused)) throw fault;
    await refused(room, outgoing, fault.nack);
  }
  return true;
}

/** @param {import("./room.js").Room} room @param {import("./outbox.js").Outgoing} outgoing */
function commandOf(room, { id, text, replyTo, question, about }) {
  return {
    t: "publish",
    room: room.address,
    id,
    text,
    ...(replyTo === undefined ? {} : { reply_to: replyTo }),
    ...(question ? { question } : {}),
    ...(about ? { about } : {}),
  };
}

/**
 * @param {import("./room.js").Room} room
 * @param {import("./outbox.js").Outgoing} outgoing
 * @param {import("./types.js").Nack} nack
 */
async function refused(room, outgoing, nack) {
  const waitMs = nack.retry_ms ?? AGAIN_MS;
  if (!PASSES.has(nack.code) || !room.outbox.postponed(outgoing, waitMs)) room.outbox.refused(outgoing, nack);
  else await new Promise((resolve) => setTimeout(resolve, waitMs));
}
