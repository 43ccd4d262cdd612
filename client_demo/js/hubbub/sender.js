/**
 * Sends a room's outbox: one message at a time, so that what was written first stands first.
 *
 * Knows which refusals pass with time. Refuses to know how a link comes about.
 */

import { Refused, Unanswered } from "./refused.js";

const PASSES = new Set(["unavailable", "unknown_outcome", "rate_limited"]);
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
    const ack = await link.ask({ t: "publish", room: room.address, id: outgoing.id, text: outgoing.text });
    room.outbox.acked(outgoing, ack.seq ?? 0);
    if (ack.seq !== undefined && room.entryAt(ack.seq)) room.outbox.settle(outgoing.id);
  } catch (fault) {
    if (fault instanceof Unanswered) return !link.isOver;
    if (!(fault instanceof Refused)) throw fault;
    if (!PASSES.has(fault.nack.code)) room.outbox.refused(outgoing, fault.nack);
    else await new Promise((resolve) => setTimeout(resolve, fault.nack.retry_ms ?? AGAIN_MS));
  }
  return true;
}
