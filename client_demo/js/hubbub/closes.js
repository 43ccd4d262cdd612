/**
 * What a close code asks for (docs/protocol.md, section 6): come back or not, and when at the earliest.
 *
 * Knows codes. Refuses to know what is shown and how the wait is drawn.
 */

const RESTART_LEAST_MS = 1_000;
const RESTART_MOST_MS = 15_000;
const STAYS_AWAY = new Set([1002, 1003, 1007, 1009]);
const LEAST_MS_BY_CODE = new Map([
  [1013, 10_000],
  [4013, 10_000],
  [4004, 60_000],
]);

/**
 * `leastMs`: wait at least this long; 0 leaves it to the back-off.
 * @typedef {{comesBack: true, leastMs: number, why: "restarting"|"lost"}} ComeBack
 * @typedef {{comesBack: false, leastMs: 0, why: "token"|"refused"|"banned"}} StayAway
 * @typedef {ComeBack|StayAway} Advice
 */

/**
 * @param {number} code
 * @param {number|null} reconnectMs  What a `drain` push said, if one came.
 * @param {() => number} random
 * @returns {Advice}
 */
export function adviceFor(code, reconnectMs, random = Math.random) {
  if (code === 4500) return { comesBack: false, leastMs: 0, why: "token" };
  if (code === 4507) return { comesBack: false, leastMs: 0, why: "banned" };
  if ((code >= 4500 && code < 5000) || STAYS_AWAY.has(code)) return { comesBack: false, leastMs: 0, why: "refused" };
  if (reconnectMs !== null || code === 1001 || code === 1012) {
    const drawn = RESTART_LEAST_MS + random() * (RESTART_MOST_MS - RESTART_LEAST_MS);
    return { comesBack: true, leastMs: reconnectMs ?? drawn, why: "restarting" };
  }
  return { comesBack: true, leastMs: LEAST_MS_BY_CODE.get(code) ?? 0, why: "lost" };
}
