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
import { allPages } from "./pages.js";
import { Reading } from "./reading.js";
import { Refused, Unanswered } from "./refused.js";
import { Room } from "./room.js";
import { flush } from "./sender.js";

/** @typedef {import("./types.js").Frame} Frame */
/** @typedef {import("./link.js").Link} Link */

const AGAIN_MS = 1_000; // before asking once more what the store could not answer
const PAGE_ENTRIES = 100;
const TYPING_MS = 3_000; // as often as the server takes it

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
    this._typedAt = /** @type {WeakMap<Room, number>} */ (new WeakMap());
    this._reading = new Reading((room, seq) => this.connector.link?.push({ t: "seen", room, seq }));
    this._listen();
  }

  /** The time by the server's clock, in ms. */
  now() {
    return Date.now() + this.connector.meter.offsetMs;
  }

  /** @returns {import("./types.js").Stats} */
  get stats() {
    return { ...this.connector.meter, codec: this.connector.link?.codec ?? "" };
  }

  /** Into a room, and back into it after every loss. @param {string} address @returns {Room} */
  open(address) {
    const room = this.rooms.get(address) ?? this._make(address);
    if (!this._wanted.has(address)) room.seenAtEntry = this.hub.cards.get(address)?.seen;
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
    this._reading.flush();
    const room = this.rooms.get(address);
    if (!room?.isJoined || room.outbox.isBusy) return;
    room.suspend();
    room.trim();
    this.connector.link?.ask({ t: "leave", room: address }).catch(() => {});
  }

  /**
   * Write into a room; its outbox tells what becomes of it.
   * @param {Room} room @param {string} text @param {import("./outbox.js").Relations} [relations]
   */
  publish(room, text, relations) {
    const outgoing = room.outbox.add(text, relations);
    this._flush(room);
    return outgoing;
  }

  /** Once more, what failed or was refused. @param {Room} room @param {string} id */
  retry(room, id) {
    room.outbox.retry(id);
    this._flush(room);
  }

  /**
   * A command that appends to a room, besides messages. Rejects with `Refused` or `Unanswered`; after the
   * latter the same command with the same `id` is safe to send again.
   * @param {Room} room @param {Frame} command @returns {Promise<Frame>}
   */
  act(room, command) {
    return this._ask({ id: newId(), ...command, room: room.address });
  }

  /** Somebody writes here: told at most every 3 s, and only now or never. @param {Room} room */
  typing(room) {
    const nowMs = Date.now();
    if (!room.isJoined || !room.rights?.publish || nowMs - (this._typedAt.get(room) ?? 0) < TYPING_MS) return;
    this._typedAt.set(room, nowMs);
    this.connector.link?.push({ t: "typing", room: room.address });
  }

  /**
   * Who is in a room, kept up in `room.people` from now on; at most 1,000 names, none where they are not told.
   * @param {Room} room
   */
  async who(room) {
    room.attendance.isWanted = true;
    const { first, all } = await this._pages({ t: "who", room: room.address }, "who");
    room.attendance.fill(first.count, all);
    return { count: /** @type {number} */ (first.count), people: [...room.people.values()] };
  }

  /** Who has a role in the hub, or is under a sanction. @param {"roles"|"sanctions"} of @returns {Promise<object[]>} */
  async people(of) {
    return (await this._pages({ t: "people", hub: this.hub.name, of }, "people")).all;
  }

  /** The page of entries before those at hand; whether there were any. @param {Room} room */
  async loadEarlier(room) {
    if (!room.hasEarlier) return false;
    const { address, entries } = room;
    return room.prepend(await this._ask({ t: "history", room: address, before: entries[0].seq, limit: PAGE_ENTRIES }));
  }

  /** Pages back until an entry is at hand; false if it is gone, or too far back. @param {Room} room @param {number} seq */
  async loadBack(room, seq) {
    while (!room.entryAt(seq) && seq < (room.entries[0]?.seq ?? 0)) {
      if (!(await this.loadEarlier(room))) return false;
    }
    return room.entryAt(seq) !== undefined;
  }

  /** A room has been read up to `seq`. @param {Room} room @param {number} seq */
  sawUpTo(room, seq) {
    if (!room.isJoined || !this.hub.readUpTo(room.address, seq, room.messagesAfter(seq))) return;
    this._reading.saw(room.address, seq);
    this._tell("hub");
  }

  /** @param {Frame} command @returns {Promise<Frame>} */
  _ask(command) {
    return this.connector.link?.ask(command) ?? Promise.reject(new Unanswered());
  }

  /** @param {Frame} command @param {"who"|"people"} field */
  _pages(command, field) {
    const link = this.connector.link;
    return link ? allPages(link, command, field) : Promise.reject(new Unanswered());
  }

  _listen() {
    this.connector.addEventListener("welcome", (event) => this._welcomed(/** @type {CustomEvent} */ (event).detail));
    this.connector.addEventListener("push", (event) => this._pushed(/** @type {CustomEvent} */ (event).detail));
    this.connector.addEventListener("ended", (event) => this._tell("ended", /** @type {CustomEvent} */ (event).detail));
    this.connector.addEventListener("state", () => {
      if (this.connector.state !== "online") for (const room of this.rooms.values()) room.suspend();
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
    const isFirst = this.hub.cards.size === 0;
    this.hub.fill(watching);
    for (const address of isFirst ? this._wanted : []) {
      const room = /** @type {Room} */ (this.rooms.get(address));
      room.seenAtEntry ??= this.hub.cards.get(address)?.seen;
    }
    this._tell("hub");
  }

  /** Into a room, from where it was left. @param {Room} room */
  async _join(room) {
    const after = room.position;
    const command = { t: "join", room: room.address, ...(after ? { after } : {}) };
    const joined = await this._settled(command, (nack) => room.close(nack));
    if (!joined) return;
    const missed = room.enter(joined);
    if (room.attendance.isWanted) this._askWho(room);
    this._flush(room);
    return { room, missed, isWhole: joined.recovered };
  }

  /** Names that were wanted once are wanted again; without an answer, the next chance will do. @param {Room} room */
  _askWho(room) {
    this.who(room).catch((fault) => {
      if (!(fault instanceof Refused || fault instanceof Unanswered)) throw fault;
    });
  }

  /** Back into a room that one did not mean to leave. @param {Room} room */
  async _return(room) {
    const wasIn = room.position !== undefined;
    room.suspend();
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
    if (push.t === "heads") this._advanced(push);
    if (push.t === "room") this.hub.change(push);
    if (push.t === "heads" || push.t === "room") return this._tell("hub");
    const room = this.rooms.get(push.room);
    if (room) this._pushedTo(room, push);
  }

  /** Rooms have gone on; in those one is in, one counts oneself. @param {Frame} heads */
  _advanced(heads) {
    this.hub.advance(heads);
    for (const address of Object.keys(heads.rooms)) {
      const room = this.rooms.get(address);
      const seen = this.hub.cards.get(address)?.seen;
      if (room?.isJoined && seen !== undefined) this.hub.recount(address, room.messagesAfter(seen));
    }
  }

  /** @param {Room} room @param {Frame} push */
  _pushedTo(room, push) {
    switch (push.t) {
      case "entry":
        return this._entered(room, push);
      case "rights":
        return room.setRights(push.role, push.rights);
      case "presence":
        return room.attendance.changed(push);
      case "typing":
        return room.attendance.typing(push.who, Date.now());
      case "reset":
        return this._return(room);
      case "left":
        return room.close({ code: push.reason ?? "unknown_room", reason: "", temporary: false });
    }
  }

  /** @param {Room} room @param {Frame} push */
  _entered(room, { epoch, e: entry }) {
    if (!room.isJoined) return;
    if (!room.receive(epoch, entry)) return void this._return(room);
    const namesMayChange = entry.kind === "mode" || entry.kind === "role";
    if (namesMayChange && room.attendance.isWanted) this._askWho(room);
  }

  /** @param {string} what @param {unknown} [detail] */
  _tell(what, detail) {
    this.dispatchEvent(new CustomEvent(what, { detail }));
  }
}
