/**
 * A reader and writer of one hub: watches it, joins rooms, resumes them after every loss, sends outboxes.
 *
 *     const client = new Client({ url: "wss://chat.example/ws", hub: "place", credentials: { name: "Amina" } });
 *     client.addEventListener("back", ({ detail }) => console.log(detail.missed, "messages were missed"));
 *     client.addEventListener("ended", ({ detail }) => console.log("no more:", detail.why));
 *     const room = client.open("place/agora");
 *     room.addEventListener("entry", ({ detail }) => console.log(detail.by.name, detail.text));
 *     client.start();
 *     const outgoing = client.publish(room, "Bonjour !", { question: true });
 *     room.outbox.addEventListener("changed", () => console.log(outgoing.status, outgoing.nack));
 *     await client.act(room, { t: "react", target: 3, emoji: "👍", on: true });
 *
 * A message is sent exactly once: its `id` is made at once, and a retry carries the same. Reading has no holes:
 * what cannot be resumed is told (`back`, `isWhole: false`) and begins anew.
 *
 * Knows rooms and what frames mean for them. Refuses to know how a connection stands (connector.js), and the
 * page: whoever owns one calls `wake`, `hide`, `rest` and `goOffline`. Tells `ClientEvents`.
 */

import { allPages, settled } from "./asking.js";
import { Connector } from "./connector.js";
import { Hub } from "./hub.js";
import { newId } from "./ids.js";
import { Keeping } from "./keeping.js";
import { Reading } from "./reading.js";
import { Unanswered } from "./refused.js";
import { Room } from "./room.js";
import { Telling } from "./telling.js";
import { Visits } from "./visits.js";

/** @typedef {import("./types.js").Frame} Frame */
/**
 * @typedef {object} ClientOptions
 * @property {string} url  Of the WebSocket.
 * @property {string} hub
 * @property {import("./connector.js").Credentials | import("./connector.js").GetCredentials} credentials
 * @property {import("./keeping.js").Store|null} [storage]  Of one tab: keeps outboxes over a reload.
 * @property {() => number} [random]  From 0 up to 1.
 * @property {() => number} [now]  In ms.
 */
/**
 * @typedef {object} ClientEvents
 * @property {Frame} welcome
 * @property {undefined} state  `client.state` is another.
 * @property {import("./types.js").Ended} ended  For good.
 * @property {undefined} hub  The rooms of the hub, or what is unread in them, have changed.
 * @property {import("./types.js").Nack} hub-refused  One may not watch the hub.
 * @property {import("./visits.js").Back} back  In a room again.
 */

const PAGE_ENTRIES = 100;
const TYPING_MS = 3_000; // as often as the server takes it

/** @extends {Telling<ClientEvents>} */
export class Client extends Telling {
  /** @param {ClientOptions} options */
  constructor({ url, hub, credentials, storage = null, random, now = Date.now }) {
    super();
    this.hub = new Hub(hub);
    this.rooms = /** @type {Map<string, Room>} */ (new Map());
    this.identity = /** @type {import("./types.js").Person|null} */ (null);
    this.limits = /** @type {Readonly<import("./types.js").Limits>|null} */ (null);
    this.connector = new Connector(url, credentials, { random, now });
    this._now = now;
    this._keeping = new Keeping(storage, hub);
    this._visits = new Visits(this.connector);
    this._earlier = /** @type {WeakMap<Room, Promise<boolean>>} */ (new WeakMap()); // pages on their way
    this._typedAt = /** @type {WeakMap<Room, number>} */ (new WeakMap());
    this._reading = new Reading((room, seq) => this.connector.link?.push({ t: "seen", room, seq }));
    this._listen();
  }

  get state() {
    return this.connector.state;
  }

  /** The time by the server's clock, in ms. */
  now() {
    return this._now() + this.connector.meter.offsetMs;
  }

  /** @returns {import("./types.js").Stats} */
  get stats() {
    return { ...this.connector.meter, codec: this.connector.link?.subprotocol ?? "" };
  }

  /** Measures the way there and back, in ms. Rejects with `Unanswered`. @returns {Promise<number>} */
  ping() {
    return this.connector.link?.ping() ?? Promise.reject(new Unanswered());
  }

  // -- The page -------------------------------------------------------------------------------------

  start() {
    this.connector.start();
  }

  /** The page can be seen, or the network is back: no reason to wait longer. */
  wake() {
    this.connector.wake();
  }

  /** Nobody looks at the page: a lost connection stays so until `wake`, unless something is to be sent. */
  hide() {
    if (![...this.rooms.values()].some((room) => room.outbox.isBusy)) this.connector.hide();
  }

  /** The page goes away, perhaps to come back (`wake`). */
  rest() {
    this._reading.flush();
    this.connector.rest();
  }

  goOffline() {
    this.connector.goOffline();
  }

  /** Leave for good; a new client is as cheap. */
  end() {
    this._reading.flush();
    this.connector.end("left");
  }

  // -- Rooms ----------------------------------------------------------------------------------------

  /** Into a room, and back into it after every loss. @param {string} address @returns {Room} */
  open(address) {
    const room = this.rooms.get(address) ?? this._make(address);
    if (!this._visits.wanted.has(room)) room.seenAtEntry = this.hub.cards.get(address)?.seen;
    this._visits.begin(room);
    return room;
  }

  /** @param {string} address */
  _make(address) {
    const room = new Room(address, () => this.identity?.id ?? "");
    this.rooms.set(address, room);
    // The watch tells it too, a second later.
    room.addEventListener("state", () => this._pushed({ t: "room", room: address, state: room.state }));
    room.outbox.addEventListener("changed", () => this._keep());
    return room;
  }

  /** Out of a room, once what was written there is in the log. @param {string} address */
  leave(address) {
    this._reading.flush();
    const room = this.rooms.get(address);
    if (room) this._visits.end(room);
  }

  /**
   * Write into a room; its outbox tells what becomes of it.
   * @param {Room} room @param {string} text @param {import("./outbox.js").Relations} [relations]
   */
  publish(room, text, relations) {
    const outgoing = room.outbox.add(text, relations);
    this._visits.flush(room);
    return outgoing;
  }

  /** Once more, what failed or was refused. @param {Room} room @param {string} id */
  retry(room, id) {
    room.outbox.retry(id);
    this._visits.flush(room);
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
    const nowMs = this._now();
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
    await this._visits.callRoll(room);
    return { count: room.present, people: [...room.people.values()] };
  }

  /** Who has a role in the hub, or is under a sanction. @param {"roles"|"sanctions"} of @returns {Promise<object[]>} */
  async people(of) {
    const link = this.connector.link;
    if (!link) throw new Unanswered();
    return (await allPages(link, { t: "people", hub: this.hub.name, of }, "people")).all;
  }

  /**
   * The page of entries before those at hand; whether there were any. Whoever asks meanwhile gets the same page.
   * @param {Room} room
   */
  loadEarlier(room) {
    const asked = this._earlier.get(room) ?? this._pageBefore(room).finally(() => this._earlier.delete(room));
    this._earlier.set(room, asked);
    return asked;
  }

  /** @param {Room} room */
  async _pageBefore(room) {
    if (!room.hasEarlier) return false;
    const { address, entries } = room;
    return room.prepend(await this._ask({ t: "history", room: address, before: entries[0].seq, limit: PAGE_ENTRIES }));
  }

  /**
   * Pages back until an entry is at hand; false if it is gone, or too far back.
   * @param {Room} room @param {number} seq
   */
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
    this.tell("hub");
  }

  // -- What comes -----------------------------------------------------------------------------------

  _listen() {
    this.connector.addEventListener("welcome", ({ detail }) => this._welcomed(detail));
    this.connector.addEventListener("push", ({ detail }) => this._pushed(detail));
    this._visits.addEventListener("back", ({ detail }) => this.tell("back", detail));
    this.connector.addEventListener("ended", ({ detail }) => this.tell("ended", detail));
    this.connector.addEventListener("state", () => {
      if (this.state !== "online") for (const room of this.rooms.values()) room.suspend();
      this.tell("state");
    });
  }

  /** @param {Frame} welcome */
  _welcomed(welcome) {
    if (this.identity?.id !== welcome.identity.id) this._restore(welcome.identity.id);
    this.identity = welcome.identity;
    this.limits = Object.freeze({ ...welcome.limits });
    this.tell("welcome", welcome);
    this._watch();
    this._visits.resume(this.rooms.values());
  }

  /** @param {import("./types.js").Nack} nack */
  _refused(nack) {
    this.hub.refusedBy = nack;
    this.tell("hub-refused", nack);
  }

  async _watch() {
    const command = { t: "watch", hub: this.hub.name };
    const watching = await settled(this.connector.link, command, (nack) => this._refused(nack));
    if (!watching) return;
    const isFirst = !this.hub.isFilled;
    this.hub.fill(watching);
    if (isFirst) for (const room of this._visits.wanted) room.seenAtEntry ??= this.hub.cards.get(room.address)?.seen;
    this.tell("hub");
  }

  /** @param {Frame} push */
  _pushed(push) {
    if (push.t === "heads") this._advanced(push);
    if (push.t === "room") this.hub.change(push);
    if (push.t === "heads" || push.t === "room") return this.tell("hub");
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

  /** @param {Room} room @param {Frame} push  Of a type that we do not know: of no concern to us. */
  _pushedTo(room, push) {
    switch (push.t) {
      case "entry":
        return this._entered(room, push);
      case "rights":
        return room.setRights(push.role, push.rights);
      case "presence":
        return room.attendance.changed(push);
      case "typing":
        return room.attendance.typing(push.who, this._now());
      case "reset":
      case "left": // does not say why: the answer to a join does
        return void this._visits.goBack(room);
    }
  }

  /** @param {Room} room @param {Frame} push */
  _entered(room, { epoch, e: entry }) {
    if (!room.isJoined) return;
    if (!room.receive(epoch, entry)) return void this._visits.goBack(room);
    if (entry.kind === "mode" || entry.kind === "role") this._visits.callRollAgain(room);
  }

  // -- What goes ------------------------------------------------------------------------------------

  /** @param {Frame} command @returns {Promise<Frame>} */
  _ask(command) {
    return this.connector.link?.ask(command) ?? Promise.reject(new Unanswered());
  }

  /** @param {string} by */
  _restore(by) {
    for (const [address, kept] of Object.entries(this._keeping.load(by))) {
      (this.rooms.get(address) ?? this._make(address)).outbox.restore(kept);
    }
  }

  _keep() {
    if (this.identity && this.state !== "ended") this._keeping.save(this.identity.id, this.rooms);
  }
}
