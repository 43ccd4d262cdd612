/**
 * Rooms that somebody wants to be in: joined, resumed after every loss, left once nothing waits to be sent.
 *
 * Knows what follows a join. Refuses to know what comes from a room while one is in it (client.js).
 * Tells `back`: in a room again.
 */

import { allPages, settled } from "./asking.js";
import { Refused, Unanswered } from "./refused.js";
import { flush } from "./sender.js";
import { Telling } from "./telling.js";

/** @typedef {import("./room.js").Room} Room */
/** @typedef {{room: Room, missed: number, isWhole: boolean}} Back  `missed` are messages of others. */

/** @extends {Telling<{back: Back}>} */
export class Visits extends Telling {
  /** @param {import("./connector.js").Connector} connector */
  constructor(connector) {
    super();
    this.wanted = /** @type {Set<Room>} */ (new Set());
    this._connector = connector;
    this._served = /** @type {WeakSet<Room>} */ (new WeakSet());
  }

  /** @param {Room} room */
  begin(room) {
    this.wanted.add(room);
    if (this._connector.state === "online" && !room.isJoined) this._join(room);
  }

  /** @param {Room} room */
  end(room) {
    this.wanted.delete(room);
    if (!room.isJoined || room.outbox.isBusy) return;
    room.suspend();
    room.hold(false);
    this._connector.link?.ask({ t: "leave", room: room.address }).catch(() => {});
  }

  /** The link is a new one: what an old one was sending for does not count. @param {Iterable<Room>} rooms */
  resume(rooms) {
    this._served = new WeakSet();
    for (const room of rooms) if (this.wanted.has(room) || room.outbox.isBusy) this.goBack(room);
  }

  /** Into a room that one did not mean to leave; if that is refused, the room says why. @param {Room} room */
  async goBack(room) {
    const wasIn = room.position !== undefined;
    room.suspend();
    const back = await this._join(room);
    if (back && wasIn) this.tell("back", back);
  }

  /** Send what waits in a room's outbox. @param {Room} room */
  async flush(room) {
    const link = this._connector.link;
    if (!link || !room.isJoined) return;
    await flush(room, link, this._served);
    if (!this.wanted.has(room)) this.end(room);
  }

  /** Names that were wanted once are wanted again. @param {Room} room */
  async callRoll(room) {
    const link = this._connector.link;
    if (!link) throw new Unanswered();
    const { first, all } = await allPages(link, { t: "who", room: room.address }, "who");
    room.attendance.fill(first.count, all);
  }

  /** As `callRoll`; without an answer, the next chance will do. @param {Room} room */
  callRollAgain(room) {
    if (!room.attendance.isWanted) return;
    this.callRoll(room).catch((fault) => {
      if (!(fault instanceof Refused || fault instanceof Unanswered)) throw fault;
    });
  }

  /** From where it was left. @param {Room} room @returns {Promise<Back|undefined>} */
  async _join(room) {
    const command = { t: "join", room: room.address, after: room.position };
    const joined = await settled(this._connector.link, command, (nack) => room.close(nack));
    if (!joined) return undefined;
    const missed = room.enter(joined);
    this.callRollAgain(room);
    this.flush(room);
    return { room, missed, isWhole: joined.recovered };
  }
}
