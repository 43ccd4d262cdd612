/**
 * The words of the page in the reader's language, and how dates and numbers are written in it.
 *
 * Knows keys and placeholders. Refuses to know what is said when.
 */

import { el } from "./dom.js";
import { write } from "./keepsakes.js";

/** Those that there are words for; the page chose one of them before it was drawn (first.js). */
export const LANGUAGES = (document.documentElement.dataset.languages ?? "en").split(" ");
const DAY_MS = 86_400_000;

/** @typedef {string|Record<string, string>} Phrase  A text, or one for each plural category. */

let words = /** @type {Record<string, Phrase>} */ ({});
export let language = "en";
let region = "en"; // the language as the browser writes dates and numbers in it

/** Speak a language from now on. */
export async function speak(wanted = document.documentElement.lang) {
  const answer = await fetch(new URL(`../../i18n/${wanted}.json`, import.meta.url));
  words = await answer.json();
  language = wanted;
  region = navigator.languages.find((tag) => tag.toLowerCase().startsWith(wanted)) ?? wanted;
  dateFormats.clear();
  document.documentElement.lang = wanted;
}

/** Another language, from now on and on later visits. @param {string} wanted */
export async function switchLanguage(wanted) {
  await speak(wanted);
  write("language", language);
}

/** What a language calls itself. @param {string} tag @returns {string} */
export function languageName(tag) {
  const name = new Intl.DisplayNames([tag], { type: "language" }).of(tag) ?? tag;
  return name.charAt(0).toLocaleUpperCase(tag) + name.slice(1);
}

/** Whether there are words for a key. @param {string} key */
export function has(key) {
  return key in words;
}

/**
 * A text. `count` chooses the plural.
 * @param {string} key
 * @param {Record<string, string|number>} [values]
 * @returns {string}
 */
export function t(key, values = {}) {
  return phrase(key, values)
    .split(/(\{\w+\})/)
    .map((part) => (part.startsWith("{") ? shown(values[part.slice(1, -1)]) : part))
    .join("");
}

/**
 * A text as nodes: strings given for placeholders are people's words, each isolated in its direction.
 * @param {string} key @param {Record<string, string|number|Node>} [values] @returns {Node[]}
 */
export function say(key, values = {}) {
  return phrase(key, values)
    .split(/(\{\w+\})/)
    .map((part) => (part.startsWith("{") ? asNode(values[part.slice(1, -1)]) : document.createTextNode(part)));
}

/** @param {string} key @param {Record<string, unknown>} values @returns {string} */
function phrase(key, values) {
  const found = words[key] ?? key;
  if (typeof found === "string") return found;
  return found[new Intl.PluralRules(language).select(Number(values.count))] ?? found.other;
}

/** @param {string|number|undefined} value */
function shown(value) {
  return typeof value === "number" ? number(value) : (value ?? "");
}

/** @param {number} value */
export function number(value) {
  return new Intl.NumberFormat(region).format(value);
}

/** @param {string|number|Node|undefined} value @returns {Node} */
function asNode(value) {
  if (value instanceof Node) return value;
  return typeof value === "string" ? el("bdi", {}, value) : document.createTextNode(shown(value));
}

/** How dates are written; made once for a language, for that takes longer than all the rest of a line. */
const DATES = /** @type {Record<string, Intl.DateTimeFormatOptions>} */ ({
  time: { hour: "2-digit", minute: "2-digit" },
  date: { day: "numeric", month: "short", hour: "2-digit", minute: "2-digit" },
  year: { year: "numeric", day: "numeric", month: "short", hour: "2-digit", minute: "2-digit" },
  whole: { dateStyle: "full", timeStyle: "medium" },
  day: { dateStyle: "full" },
});
const dateFormats = /** @type {Map<string, Intl.DateTimeFormat>} */ (new Map());

/** @param {string} style @param {number} atMs @returns {string} */
function date(style, atMs) {
  const format = dateFormats.get(style) ?? new Intl.DateTimeFormat(region, DATES[style]);
  dateFormats.set(style, format);
  return format.format(atMs);
}

/** A time of day, with its date if that is not today's. @param {number} atMs @returns {string} */
export function moment(atMs) {
  if (sameDay(atMs, Date.now())) return date("time", atMs);
  return date(new Date(atMs).getFullYear() === new Date().getFullYear() ? "date" : "year", atMs);
}

/** Everything about a time. @param {number} atMs */
export function wholeMoment(atMs) {
  return date("whole", atMs);
}

/** A day: today, yesterday, or its date. @param {number} atMs */
export function day(atMs) {
  const relative = new Intl.RelativeTimeFormat(language, { numeric: "auto" });
  if (sameDay(atMs, Date.now())) return capital(relative.format(0, "day"));
  if (sameDay(atMs, Date.now() - DAY_MS)) return capital(relative.format(-1, "day"));
  return capital(date("day", atMs));
}

/** @param {number} oneMs @param {number} otherMs */
export function sameDay(oneMs, otherMs) {
  return new Date(oneMs).toDateString() === new Date(otherMs).toDateString();
}

/** @param {string} text */
function capital(text) {
  return text.charAt(0).toLocaleUpperCase(language) + text.slice(1);
}

/** `<time>` with the time of day; the whole of it on hover. @param {number} atMs */
export function timeElement(atMs) {
  const attributes = { datetime: new Date(atMs).toISOString(), title: wholeMoment(atMs) };
  return el("time", attributes, moment(atMs));
}
