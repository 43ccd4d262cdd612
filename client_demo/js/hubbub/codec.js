/**
 * Frames as they cross a WebSocket: MessagePack where the server takes it, JSON otherwise.
 *
 * Knows the two encodings and their bounds. Refuses to know what frames mean.
 */

import { CachedKeyDecoder } from "../vendor/msgpack/CachedKeyDecoder.mjs";
import { Decoder } from "../vendor/msgpack/Decoder.mjs";
import { Encoder } from "../vendor/msgpack/Encoder.mjs";

/** @typedef {import("./types.js").Frame} Frame */
/**
 * @typedef {object} Codec
 * @property {(frame: Frame) => string|Uint8Array<ArrayBuffer>} encode
 * @property {(payload: unknown) => Frame} decode  Throws on whatever is no frame of this encoding.
 */

// A frame is read whole, so what it says of its own sizes must not reserve more than a frame can hold.
const STRING_BYTES = 65_536; // as many as a whole inbound frame has
const LIST_ITEMS = 16_384; // a resume has 1,000 entries; a hub may have many rooms
const BOUNDS = {
  maxStrLength: STRING_BYTES,
  maxArrayLength: LIST_ITEMS,
  maxMapLength: LIST_ITEMS,
  maxBinLength: 0, // the protocol has neither
  maxExtLength: 0,
};

// The decoder throws at a key that would become an object's prototype. Whoever writes it into the `data` of a
// message must not end everybody's connection: it becomes a key that nobody looks for.
const FORBIDDEN_KEY = "__proto__";
const HARMLESS_KEY = "\0__proto__";

class KeyDecoder extends CachedKeyDecoder {
  /** @param {Uint8Array} bytes @param {number} offset @param {number} byteLength */
  decode(bytes, offset, byteLength) {
    const key = super.decode(bytes, offset, byteLength);
    return key === FORBIDDEN_KEY ? HARMLESS_KEY : key;
  }
}

const encoder = new Encoder({ ignoreUndefined: true }); // as JSON does
const decoder = new Decoder({ ...BOUNDS, keyDecoder: new KeyDecoder() });

/** @type {Codec} */
const MSGPACK = {
  encode: (frame) => encoder.encode(frame),
  decode(payload) {
    if (!(payload instanceof ArrayBuffer)) throw new TypeError("text, where bytes were agreed on");
    return checked(decoder.decode(payload));
  },
};

/** @type {Codec} */
const JSON_TEXT = {
  encode: (frame) => JSON.stringify(frame),
  decode(payload) {
    if (typeof payload !== "string") throw new TypeError("bytes, where text was agreed on");
    return checked(JSON.parse(payload));
  },
};

/** What to offer, the best first. */
export const SUBPROTOCOLS = ["hubbub.v1.msgpack", "hubbub.v1.json"];

/** The codec of a subprotocol; a server that names none speaks JSON. @param {string} subprotocol @returns {Codec} */
export function codecOf(subprotocol) {
  return subprotocol === SUBPROTOCOLS[0] ? MSGPACK : JSON_TEXT;
}

/** @param {any} value @returns {Frame} */
function checked(value) {
  if (typeof value?.t !== "string") throw new TypeError("not a map with a type");
  return value;
}
