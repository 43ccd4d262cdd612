/**
 * The shapes of the wire (docs/protocol.md), as types for readers and checkers.
 *
 * Knows names of fields; holds no code.
 *
 * @typedef {{id: string, name?: string, kind?: string}} Person
 * @typedef {Person & {role?: string}} Present  Somebody who is in a room.
 *
 * @typedef {object} Entry  One item of a room's log; which fields it has depends on `kind`.
 * @property {number} seq
 * @property {number} at  Milliseconds since 1970, by the store's clock.
 * @property {string} kind  One of docs/protocol.md, section 4, or of a later server.
 * @property {Person} by
 * @property {string} [id]
 * @property {string} [text]
 * @property {number} [edited]
 * @property {number} [target]
 * @property {number} [reply_to]
 * @property {{room: string, seq: number}} [about]
 * @property {boolean} [question]
 * @property {any} [data]
 * @property {Record<string, number>} [reactions]
 * @property {string[]} [mine]
 * @property {string} [emoji]
 * @property {boolean} [on]
 * @property {string} [mode]
 * @property {string} [previous]
 * @property {string} [reason]
 * @property {number} [until]
 * @property {string} [title]
 * @property {string} [topic]
 * @property {string} [discussion]
 * @property {number} [slow_ms]
 * @property {Person} [subject]
 * @property {string} [role]
 * @property {string} [action]
 * @property {string} [scope]
 * @property {number} [of]
 * @property {string} [outcome]
 * @property {number} [readers]
 * @property {number} [repliers]
 *
 * @typedef {{id: string, name?: string, at: number, reason?: string}} Turn  Somebody who asked for, or has, the floor.
 * @typedef {{asked: Turn[], given: Turn[]}} FloorState
 *
 * @typedef {object} RoomState
 * @property {string} title
 * @property {string} [topic]
 * @property {string} mode
 * @property {string} base_mode
 * @property {number} mode_since
 * @property {Person} mode_by
 * @property {string} mode_reason
 * @property {number} [mode_until]
 * @property {string} [discussion]
 * @property {number} [slow_ms]
 * @property {FloorState} [floor]
 *
 * @typedef {{publish: boolean, reply: boolean, react: boolean, floor: boolean, moderate: boolean}} Rights
 * @typedef {{epoch: string, seq: number}} Position
 *
 * @typedef {object} RoomCard  A room of a watched hub.
 * @property {string} room
 * @property {RoomState} state
 * @property {number} seq
 * @property {number} present
 * @property {number} messages  Unread ones.
 * @property {number} [seen]
 *
 * @typedef {object} Stats  What a connection has cost so far, and the one before it.
 * @property {string} codec  The subprotocol, or "" while there is no connection.
 * @property {number|null} rttMs  Of the last ping.
 * @property {number} offsetMs  How far the server's clock is ahead of ours.
 * @property {number} framesIn
 * @property {number} framesOut
 * @property {number} bytesIn
 * @property {number} bytesOut
 * @property {number} connects
 * @property {number|null} lastClose  The code with which a connection last ended by itself.
 *
 * @typedef {{t: string, ref?: number, [field: string]: any}} Frame
 *
 * @typedef {"connecting"|"online"|"waiting"|"offline"|"resting"|"ended"} ConnectionState
 * @typedef {{why: "left"|"hello"|"token"|"refused"|"banned", nack?: Nack}} Ended
 *   Nobody tries to connect any more; `hello` was refused by `nack`.
 *
 * @typedef {object} Limits  Of the server, as `welcome` says them; null is none.
 * @property {number|null} text_chars
 * @property {number|null} edit_ms
 * @property {number|null} frame_bytes
 * @property {number|null} reply_bytes
 * @property {number|null} rooms
 * @property {number|null} publish_burst
 * @property {number|null} publish_per_s
 * @property {number|null} retain_messages
 * @property {number|null} retain_ms
 *
 * @typedef {object} Nack  Why a command was refused; nothing has changed.
 * @property {string} code
 * @property {string} reason
 * @property {boolean} temporary
 * @property {Record<string, any>} [rule]
 * @property {string[]} [instead]
 * @property {number} [retry_ms]
 * @property {string} [id]
 */

export {};
