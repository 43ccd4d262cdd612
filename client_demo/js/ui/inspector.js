/**
 * How the connection does, in figures, while somebody looks.
 *
 * Knows what the client counts. Refuses to count anything itself, and to judge.
 */

import { openDialog } from "./dialog.js";
import { el, fill } from "./dom.js";
import { number, t } from "./language.js";

const TICK_MS = 1_000;

/** @typedef {import("../hubbub/client.js").Client} Client */
/** @typedef {import("../hubbub/room.js").Room} Room */
/** @typedef {import("../hubbub/types.js").Stats} Stats */

/**
 * @param {Client} client @param {() => Room|undefined} openRoom  Which room is open.
 * @param {AbortSignal} signal
 */
export function openInspector(client, openRoom, signal) {
  openDialog("inspector", t("inspector.title"), (dialog) => {
    const table = el("dl", { class: "figures" });
    let last = client.stats;
    const show = () => {
      const now = client.stats;
      client.ping().catch(() => {}); // for the next reading; without an answer the old one stays
      fill(
        table,
        figures(client, openRoom(), now, last).map(([name, value]) => line(name, value)),
      );
      last = now;
    };
    show();
    const timer = setInterval(show, TICK_MS);
    const stop = () => clearInterval(timer);
    dialog.addEventListener("close", stop);
    signal.addEventListener("abort", stop);
    return [table, el("p", { class: "hint" }, t("inspector.about"))];
  });
}

/** @param {Client} client @param {Room|undefined} room @param {Stats} now @param {Stats} last */
function figures(client, room, now, last) {
  const { connector } = client;
  const rate = (/** @type {"framesIn"|"framesOut"} */ name) => number(now[name] - last[name]);
  const ms = (/** @type {number|null|undefined} */ value) =>
    value === null || value === undefined ? "–" : t("inspector.ms", { count: Math.round(value) });
  return /** @type {[string, string][]} */ ([
    ["state", t(`inspector.state.${connector.state}`)],
    ["codec", now.codec || "–"],
    ["rtt", ms(now.rttMs)],
    ["offset", ms(now.offsetMs)],
    ["frames", t("inspector.in_out", { in: rate("framesIn"), out: rate("framesOut") })],
    ["bytes", t("inspector.in_out", { in: kibibytes(now.bytesIn), out: kibibytes(now.bytesOut) })],
    ["position", room?.epoch ? `${room.epoch} · ${room.seq}` : "–"],
    ["connects", t("inspector.attempts", { connects: now.connects, attempts: connector.attempts })],
    ["close", now.lastClose === null || now.lastClose === undefined ? "–" : String(now.lastClose)],
  ]);
}

/** @param {number} bytes */
function kibibytes(bytes) {
  return t("inspector.kib", { size: Math.round(bytes / 102.4) / 10 });
}

/** @param {string} name @param {string} value */
function line(name, value) {
  return el("div", {}, el("dt", {}, t(`inspector.${name}`)), el("dd", {}, value));
}
