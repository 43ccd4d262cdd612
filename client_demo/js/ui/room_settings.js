/**
 * Where a moderator changes what a room is called, what it is about, where it is discussed, and how slow it is.
 *
 * Knows the settings. Sends only those that differ; everybody reads who changed what.
 */

import { openAct } from "./act_dialog.js";
import { el } from "./dom.js";
import { t } from "./language.js";
import { lengthWords } from "./times.js";

const TITLE_CHARS = 64;
const TOPIC_CHARS = 500;
const SLOW_MS = [0, 5_000, 10_000, 30_000, 60_000, 300_000, 900_000, 3_600_000];

/** @param {import("../hubbub/client.js").Client} client @param {import("../hubbub/room.js").Room} room */
export function openRoomSettings(client, room) {
  const { state } = room;
  if (!state) return;
  const title = el("input", {
    id: "settings-title",
    value: state.title,
    maxlength: TITLE_CHARS,
    required: true,
    dir: "auto",
  });
  const topic = el(
    "textarea",
    { id: "settings-topic", rows: 2, maxlength: TOPIC_CHARS, dir: "auto" },
    state.topic ?? "",
  );
  const discussion = discussionChoice(client, room);
  const slow = slowChoice(state.slow_ms ?? 0);
  openAct(client, room, {
    title: t("moderation.settings"),
    fields: [
      field(t("moderation.settings.title"), title),
      field(t("moderation.settings.topic"), topic),
      field(t("moderation.settings.discussion"), discussion, t("moderation.settings.discussion_hint")),
      field(t("moderation.settings.slow"), slow, t("moderation.settings.slow_hint")),
      el("p", { class: "hint" }, t("moderation.settings.public")),
    ],
    submit: t("moderation.save"),
    focus: () => title.focus(),
    command: () => {
      if (!title.value.trim()) return (title.focus(), t("moderation.settings.title_missing"));
      const wanted = { title: title.value.trim(), topic: topic.value.trim(), discussion: discussion.value };
      return changes(state, { ...wanted, slow_ms: Number(slow.value) });
    },
  });
}

/** @param {import("../hubbub/types.js").RoomState} state @param {Record<string, string|number>} wanted */
function changes({ title, topic = "", discussion = "", slow_ms = 0 }, wanted) {
  const now = /** @type {Record<string, string|number>} */ ({ title, topic, discussion, slow_ms });
  const changed = Object.fromEntries(Object.entries(wanted).filter(([name, value]) => now[name] !== value));
  return Object.keys(changed).length > 0 ? { t: "settings", ...changed } : t("moderation.settings.same");
}

/** @param {import("../hubbub/client.js").Client} client @param {import("../hubbub/room.js").Room} room */
function discussionChoice(client, room) {
  const others = [...client.hub.cards.values()].filter((card) => card.room !== room.address);
  const now = room.state?.discussion ?? "";
  return el(
    "select",
    { id: "settings-discussion" },
    el("option", { value: "" }, t("moderation.settings.no_discussion")),
    others.map((card) => el("option", { value: card.room, selected: card.room === now }, card.state.title)),
  );
}

/** @param {number} nowMs */
function slowChoice(nowMs) {
  const spans = [...new Set([...SLOW_MS, nowMs])].sort((one, other) => one - other);
  const words = (/** @type {number} */ spanMs) =>
    spanMs === 0 ? t("moderation.slow.off") : t("moderation.slow", { span: lengthWords(spanMs) });
  return el(
    "select",
    { id: "settings-slow" },
    spans.map((spanMs) => el("option", { value: spanMs, selected: spanMs === nowMs }, words(spanMs))),
  );
}

/** @param {string} label @param {HTMLElement} control @param {string} [hint] */
function field(label, control, hint) {
  if (hint) control.setAttribute("aria-describedby", `${control.id}-hint`);
  return el(
    "div",
    { class: "field" },
    el("label", { for: control.id }, label),
    control,
    hint ? el("p", { id: `${control.id}-hint`, class: "hint" }, hint) : null,
  );
}
