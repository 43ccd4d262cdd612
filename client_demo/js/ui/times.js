/**
 * When something ends: at which time, and how long that is from now.
 *
 * Knows spans of time in words. Refuses to know what ends.
 */

import { el } from "./dom.js";
import { language, moment, wholeMoment } from "./language.js";
import { keptTrue } from "./ticking.js";

const SECOND_MS = 1_000;
const MINUTE_MS = 60_000;
const HOUR_MS = 3_600_000;
const DAY_MS = 86_400_000;

/** The units of a span, each from where it says enough. */
const UNITS = /** @type {const} */ ([
  ["day", DAY_MS, 1.5 * DAY_MS],
  ["hour", HOUR_MS, 1.5 * HOUR_MS],
  ["minute", MINUTE_MS, 90 * SECOND_MS],
  ["second", SECOND_MS, 0],
]);

/** "In 12 minutes", or "12 minutes ago". @param {number} spanMs  Negative for what is over. */
export function spanWords(spanMs) {
  const [unit, unitMs] = UNITS.find(([, , fromMs]) => Math.abs(spanMs) >= fromMs) ?? UNITS[3];
  const exact = spanMs / unitMs;
  const count = unit === "second" ? Math.ceil(exact) : Math.round(exact);
  return new Intl.RelativeTimeFormat(language, { numeric: "always" }).format(count, unit);
}

/** "5 minutes": a span in the largest unit that says it exactly. @param {number} spanMs */
export function lengthWords(spanMs) {
  const [unit, unitMs] = UNITS.find(([, whole]) => spanMs >= whole && spanMs % whole === 0) ?? UNITS[3];
  const style = /** @type {const} */ ({ style: "unit", unit, unitDisplay: "long" });
  return new Intl.NumberFormat(language, style).format(spanMs / unitMs);
}

/** A time to come, and how far off it is as long as one looks. @param {number} atMs @param {() => number} now */
export function untilElement(atMs, now) {
  const time = el("time", { datetime: new Date(atMs).toISOString(), title: wholeMoment(atMs) });
  return keptTrue(time, () => `${moment(atMs)} (${spanWords(Math.max(0, atMs - now()))})`);
}

/** How long ago something was, as long as one looks. @param {number} atMs @param {() => number} now */
export function agoElement(atMs, now) {
  const time = el("time", { datetime: new Date(atMs).toISOString(), title: wholeMoment(atMs) });
  return keptTrue(time, () => spanWords(Math.min(-SECOND_MS, atMs - now())));
}
