/**
 * Ids of commands, made before anything is sent, so that a retry is known as one.
 *
 * Knows randomness. `crypto.randomUUID` is missing on pages that come over plain HTTP from elsewhere,
 * so it is not used.
 */

const BYTES = 16; // 128 bits: two will not meet

/** An id of 32 hexadecimal digits. @returns {string} */
export function newId() {
  const bytes = crypto.getRandomValues(new Uint8Array(BYTES));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
