/**
 * A reader and writer of one hub: watches it, joins rooms, resumes them after every loss, sends outboxes.
 *
 * Knows rooms and what frames mean for them. Refuses to know how a connection stands (connector.js).
 * Dispatches `welcome` (detail: the frame), `state`, `ended` (detail: `{why, nack}`), `hub`,
 * `hub-refused` (detail: the nack) and `back` (detail: `{room, missed, isWhole}`).
 */

import { Connector } from "./connector.js";
import { Hub } from "./hub.js";
import { newId } from "./ids.js";
import { Refused, Unanswered } from "./refused.js";
import { Room } from "./room.js";
import { flush } from "./sender.js";

/** @typedef {import("./types.js").Frame} Frame */
/** @typedef {import("./link.js").Link} Link */

const AGAIN_MS = 1_000; // before asking once more what the store could not answer
const PAGE_ENTRIES = 100;

export class Client extends EventTarget {
  /** @param {{url: string, hub: string, credentials: import("./connector.js").Credentials}} options */
  constructor({ url, hub, credentials }) {
    super();
    this.hub = new Hub(hub);
    this.rooms = /** @type {Map<string, Room>} */ (new Map());
    this.identity = /** @type {import("./types.js").Person|null} */ (null);
    this.connector = new Connector(url, credentials);
    this._wanted = /** @type {Set<string>} */ (new Set());
    this._served = /** @type {WeakSet<Room>} */ (new WeakSet());
    this._listen();
  }

  /** Into a room, and back into it after every loss. @param {string} address @returns {Room} */
  open(address) {
    const room = this.rooms.get(address) ?? this._make(address);
    this._wanted.add(address);
    if (this.connector.state === "online" && !room.isJoined) this._join(room);
    return room;
  }

  /** @param {string} address */
  _make(address) {
    const room = new Room(address, () => this.identity?.id ?? "");
    this.rooms.set(address, room);
    // The watch tells it too, a second later.
    room.addEventListener("state", () => this._pushed({ t: "room", room: address, state: room.state }));
    return room;
  }

  /** Out of a room, once what was written there is in the log. @param {string} address */
  leave(address) {
    this._wanted.delete(address);
    const room = this.rooms.get(address);
    if (!room?.isJoined || room.outbox.isBusy) return;
    room.isJoined = false;
    this.connector.link?.ask({ t: "leave", room: address }).catch(() => {});
  }

  /** Write into a room; its outbox tells what becomes of it. @param {Room} room @param {string} text */
  publish(room, text) {
    room.outbox.add(text);
    this._flush(room);
  }

  /** Once more, what failed or was refused. @param {Room} room @param {string} id */
  retry(room, id) {
    room.outbox.retry(id);
    this._flush(room);
  }

  /**
   * A command that appends to a room, besides messages. Rejects with `Refused` or `Unanswered`.
   * @param {Room} room @param {Frame} command @returns {Promise<Frame>}
   */
  act(room, command) {
    const link = this.connector.link;
    if (!link) return Promise.reject(new Unanswered());
    return link.ask({ id: newId(), ...command, room: room.address });
  }

  /** The page of entries before those at hand. @param {Room} room */
  async loadEarlier(room) {
    const before = room.entries[0]?.seq ?? 1;
    const page = await this.connector.link?.ask({ t: "history", room: room.address, before, limit: PAGE_ENTRIES });
    if (page) room.prepend(page);
  }

  /** All of a room has been read. @param {Room} room */
  sawAll(room) {
    if (!room.isJoined || !this.hub.readUpTo(room.address, room.seq)) return;
    this.connector.link?.push({ t: "seen", room: room.address, seq: room.seq });
    this._tell("hub");
  }

  _listen() {
    this.connector.addEventListener("welcome", (event) => this._welcomed(/** @type {CustomEvent} */ (event).detail));
    this.connector.addEventListener("push", (event) => this._pushed(/** @type {CustomEvent} */ (event).detail));
    this.connector.addEventListener("ended", (event) => this._tell("ended", /** @type {CustomEvent} */ (event).detail));
    this.connector.addEventListener("state", () => {
      if (this.connector.state !== "online") for (const room of this.rooms.values()) room.isJoined = false;
      this._tell("state");
    });
  }

  /** @param {Frame} welcome */
  _welcomed(welcome) {
    this.identity = welcome.identity;
    this._served = new WeakSet(); // a new link: what an old one was sending for does not count
    this._tell("welcome", welcome);
    this._watch();
    for (const room of this.rooms.values()) {
      if (this._wanted.has(room.address) || room.outbox.isBusy) this._return(room);
    }
  }

  async _watch() {
    const watching = await this._settled({ t: "watch", hub: this.hub.name }, (nack) => this._tell("hub-refused", nack));
    if (!watching) return;
    this.hub.fill(watching);
    this._tell("hub");
  }

  /** Into a room, from where it was left. @param {Room} room */
  async _join(room) {
    const after = room.position;
    const command = { t: "join", room: room.address, ...(after ? { after } : {}) };
    const joined = await this._settled(command, (nack) => room.close(nack));
    if (!joined) return;
    const missed = room.enter(joined);
    this._flush(room);
    return { room, missed, isWhole: joined.recovered };
  }

  /** Back into a room that one did not mean to leave. @param {Room} room */
  async _return(room) {
    const wasIn = room.position !== undefined;
    room.isJoined = false;
    const outcome = await this._join(room);
    if (outcome && wasIn) this._tell("back", outcome);
  }

  /**
   * The reply, or nothing: the link is gone, or the refusal is for good and was told.
   * @param {Frame} command @param {(nack: import("./types.js").Nack) => void} onRefused
   * @returns {Promise<Frame|undefined>}
   */
  async _settled(command, onRefused) {
    const link = this.connector.link;
    while (link && !link.isOver) {
      try {
        return await link.ask(command);
      } catch (fault) {
        if (fault instanceof Refused && !fault.nack.temporary) return void onRefused(fault.nack);
        await new Promise((resolve) => setTimeout(resolve, AGAIN_MS));
      }
    }
  }

  /** @param {Room} room */
  async _flush(room) {
    const link = this.connector.link;
    if (!link || !room.isJoined) return;
    await flush(room, link, this._served);
    if (!this._wanted.has(room.address)) this.leave(room.address);
  }

  /** @param {Frame} push */
  _pushed(push) {
    if (push.t === "heads") this.hub.advance(push);
    if (push.t === "room") this.hub.change(push);
    if (push.t === "heads" || push.t === "room") return this._tell("hub");
    const room = this.rooms.get(push.room);
    if (room) this._pushedTo(room, push);
  }

  /** @param {Room} room @param {Frame} push */
  _pushedTo(room, push) {
    switch (push.t) {
      case "entry":
        if (room.isJoined && !room.receive(push.epoch, push.e)) this._return(room);
        break;
      case "rights":
        return room.setRights(push.role, push.rights);
      case "presence":
        return room.setPresent(push.count);
      case "reset":
        return this._return(room);
      case "left":
        return room.close({ code: push.reason ?? "unknown_room", reason: "", temporary: false });
    }
  }

  /** @param {string} what @param {unknown} [detail] */
  _tell(what, detail) {
    this.dispatchEvent(new CustomEvent(what, { detail }));
  }
}
