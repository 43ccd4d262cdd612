/**
 * Tells somebody who looks elsewhere of what is for them: a mention, an announcement, the floor.
 *
 * Knows what is worth it, and only after it was asked for. Refuses to tell what can be seen, and what is in other
 * rooms: that is not known here.
 */

import { t } from "./language.js";
import { later } from "./later.js";
import { mentionOf } from "./links.js";
import { nameOf } from "./people.js";
import { setting } from "./settings.js";

/** @typedef {import("../hubbub/types.js").Entry} Entry */
/** @typedef {import("../hubbub/room.js").Room} Room */
/** @typedef {import("../hubbub/types.js").Person} Person */

const bell = later(() => import("./chime.js"));
const TEXT_CHARS = 120; // of a message: the rest is in the room

/** Asks the reader, once; to be called from a press of a button. @returns {Promise<boolean>} */
export async function mayNotify() {
  if (!("Notification" in globalThis)) return false;
  return (await Notification.requestPermission()) === "granted";
}

/**
 * @param {import("../hubbub/client.js").Client} client @param {Room} room
 * @param {(seq: number) => void} jumpTo @param {AbortSignal} signal
 */
export function notifyOf(client, room, jumpTo, signal) {
  room.addEventListener(
    "entry",
    ({ detail: entry }) => {
      const title = document.hidden ? titleFor(entry, room, client.identity) : "";
      if (!title) return;
      if (setting("sound") === "on") bell(({ chime }) => chime());
      if (setting("notify") === "on") show(title, entry, room, jumpTo);
    },
    { signal },
  );
}

/** Why this is for the reader, or empty. @param {Entry} entry @param {Room} room @param {Person|null} me */
function titleFor(entry, room, me) {
  if (!me || entry.by.id === me.id) return "";
  const names = { who: nameOf(entry.by), room: room.state?.title ?? room.address };
  if (entry.kind === "floor" && entry.action === "give" && entry.subject?.id === me.id) return t("notice.floor", names);
  if (entry.kind !== "message") return "";
  if (mentionOf(me.name)?.test(entry.text ?? "")) return t("notice.mention", names);
  return room.state?.mode === "announcement" ? t("notice.announcement", names) : "";
}

/** @param {string} title @param {Entry} entry @param {Room} room @param {(seq: number) => void} jumpTo */
function show(title, entry, room, jumpTo) {
  if (!("Notification" in globalThis) || Notification.permission !== "granted") return;
  const body = (entry.text ?? "").slice(0, TEXT_CHARS);
  const notification = new Notification(title, { body, tag: room.address, icon: "favicon.svg", silent: true });
  notification.onclick = () => {
    window.focus();
    jumpTo(entry.seq);
    notification.close();
  };
}
