/**
 * Keeps outboxes over a reload of the page, in a storage that no other tab shares.
 *
 * Knows what was written by whom, and that a storage may be closed or full. Refuses to know what is sent when.
 */

/** @typedef {import("./outbox.js").Outgoing} Outgoing */
/** @typedef {Pick<Storage, "getItem"|"setItem"|"removeItem">} Store */
/** @typedef {import("./room.js").Room} Room */

export class Keeping {
  /** @param {Store|null} storage @param {string} hub */
  constructor(storage, hub) {
    this._storage = storage;
    this._key = `hubbub.outbox.${hub}`;
    this._isDue = false;
  }

  /**
   * What somebody wrote in this tab and never saw in the log, by the address of the room.
   * @param {string} by @returns {Record<string, Outgoing[]>}
   */
  load(by) {
    try {
      const kept = JSON.parse(this._storage?.getItem(this._key) ?? "{}");
      return kept.by === by ? kept.rooms : {};
    } catch {
      return {}; // closed to us, or not ours
    }
  }

  /** Once what happens now has happened. @param {string} by @param {Map<string, Room>} rooms */
  save(by, rooms) {
    if (!this._isDue) queueMicrotask(() => this._write(by, rooms));
    this._isDue = true;
  }

  /** @param {string} by @param {Map<string, Room>} rooms */
  _write(by, rooms) {
    this._isDue = false;
    const all = [...rooms].map(([address, room]) => /** @type {const} */ ([address, room.outbox.unsettled]));
    const kept = all.filter(([, unsettled]) => unsettled.length > 0);
    try {
      if (kept.length === 0) this._storage?.removeItem(this._key);
      else this._storage?.setItem(this._key, JSON.stringify({ by, rooms: Object.fromEntries(kept) }));
    } catch {
      // closed to us, or full: what is on the page goes on without
    }
  }
}
