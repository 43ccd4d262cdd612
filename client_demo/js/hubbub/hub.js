/**
 * A hub's rooms as one who watches sees them: their state, and how much in them is unread.
 *
 * Knows what `watching`, `heads` and `room` say. Refuses to know what happens inside a room.
 */

/** @typedef {import("./types.js").RoomCard} RoomCard */
/** @typedef {import("./types.js").Frame} Frame */

export class Hub {
  /** @param {string} name */
  constructor(name) {
    this.name = name;
    this.role = "participant";
    this.isFilled = false; // whether the rooms are known
    this.refusedBy = /** @type {import("./types.js").Nack|null} */ (null); // why they may not be
    this.cards = /** @type {Map<string, RoomCard>} */ (new Map());
  }

  /** @param {Frame} watching */
  fill(watching) {
    this.role = watching.role;
    this.isFilled = true;
    const known = this.cards;
    this.cards = new Map(watching.rooms.map((/** @type {RoomCard} */ card) => [card.room, { ...card }]));
    for (const [address, { seen }] of known) if (seen !== undefined) this.readUpTo(address, seen, undefined);
  }

  /** Other rooms have gone on. @param {Frame} heads */
  advance(heads) {
    for (const [address, head] of Object.entries(heads.rooms)) {
      const card = this.cards.get(address);
      if (!card || head.seq <= (card.seen ?? -1)) continue;
      card.seq = head.seq;
      card.messages += head.messages;
    }
  }

  /** A room was made or has changed. @param {Frame} changed */
  change(changed) {
    const card = this.cards.get(changed.room);
    if (card) card.state = changed.state;
    else this.cards.set(changed.room, { room: changed.room, state: changed.state, seq: 0, present: 0, messages: 0 });
  }

  /**
   * A room has been read up to `seq`; false if that is nothing new.
   * @param {string} address
   * @param {number} seq
   * @param {number|undefined} unread  Messages after it, where that is known.
   */
  readUpTo(address, seq, unread) {
    const card = this.cards.get(address);
    if (!card || (card.seen ?? 0) >= seq) return false;
    card.seen = seq;
    card.messages = unread ?? (seq >= card.seq ? 0 : card.messages);
    return true;
  }

  /** How much of a room is unread, by one who is in it. @param {string} address @param {number|undefined} unread */
  recount(address, unread) {
    const card = this.cards.get(address);
    if (card && unread !== undefined) card.messages = unread;
  }
}
