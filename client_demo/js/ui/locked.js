/**
 * What stands in the composer's place for those who may not write: why, who decided it, and the way in.
 *
 * Knows state and rights of a room. Refuses to judge: the server says what one may do.
 */

import { button, el, icon, modeIcon } from "./dom.js";
import { moment, say, t } from "./language.js";
import { nameElement } from "./people.js";

/** @typedef {import("../hubbub/room.js").Room} Room */
/**
 * @typedef {object} Ways  What one can do about it; each returns when it is done, or has told why not.
 * @property {(reason: string) => Promise<void>} ask
 * @property {() => Promise<void>} withdraw
 * @property {(address: string) => void} open
 */

/**
 * @param {Room} room
 * @param {string} myId
 * @param {string} draft
 * @param {string} discussion Its title.
 * @param {Ways} ways
 */
export function lockedPanel(room, myId, draft, discussion, ways) {
  const isAnnouncement = room.state?.mode === "announcement";
  const mayAsk = room.rights?.floor;
  return el(
    "section",
    { class: "locked", "aria-label": t("locked.label"), tabindex: "-1" },
    isAnnouncement ? announcementWords(room) : el("p", {}, el("strong", {}, t(closedKey(room)))),
    el("div", { class: "ways" }, mayAsk ? floorWays(room, myId, ways) : null, discussionWay(room, discussion, ways)),
    draft ? el("p", { class: "hint draft-kept" }, t("locked.draft", { count: [...draft].length })) : null,
  );
}

/** @param {Room} room */
function closedKey(room) {
  if (!room.rights) return "locked.closed";
  return room.rights.react ? "locked.read_only" : "locked.muted";
}

/** @param {Room} room */
function announcementWords(room) {
  const state = /** @type {import("../hubbub/types.js").RoomState} */ (room.state);
  return [
    el("p", { class: "locked-title" }, modeIcon(state.mode), el("strong", {}, t("locked.announcement"))),
    el("p", { class: "why" }, modeWords(state)),
  ];
}

/**
 * Who set a mode, when, why and until when.
 * @param {import("../hubbub/types.js").RoomState} state
 * @returns {(Node|string)[]}
 */
export function modeWords(state) {
  const until = state.mode_until ? [" ", t("mode.until", { time: moment(state.mode_until) })] : [];
  const time = moment(state.mode_since);
  if (state.mode_by.id === "system") return [t("mode.since", { time }), ...until];
  const who = nameElement(state.mode_by);
  return [
    ...say("mode.by", { who, time }),
    " ",
    el("q", { class: "reason", dir: "auto" }, state.mode_reason),
    ...until,
  ];
}

/** @param {Room} room @param {string} myId @param {Ways} ways */
function floorWays(room, myId, ways) {
  const asked = room.state?.floor?.asked ?? [];
  const place = asked.findIndex((turn) => turn.id === myId);
  if (place >= 0) {
    const words = t("floor.asked", { time: moment(asked[place].at), rank: place + 1 });
    const withdraw = busyButton(t("floor.withdraw"), ways.withdraw);
    return el("div", { class: "floor-asked" }, el("p", {}, icon("hand"), " ", words), withdraw);
  }
  const why = el("input", {
    class: "floor-why",
    maxlength: 500,
    placeholder: t("floor.why"),
    "aria-label": t("floor.why"),
    dir: "auto",
  });
  const ask = busyButton([icon("hand"), " ", t("floor.ask")], () => ways.ask(why.value.trim()), {
    class: "primary ask",
  });
  why.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && !event.isComposing) ask.click();
  });
  return el("div", { class: "floor-ask" }, why, ask);
}

/** A button that cannot be pressed again before its work is done. */
export function busyButton(/** @type {any} */ label, /** @type {() => Promise<void>} */ work, attributes = {}) {
  const made = button(
    label,
    async () => {
      made.disabled = true;
      await work();
      made.disabled = false;
    },
    attributes,
  );
  return made;
}

/** @param {Room} room @param {string} discussion @param {Ways} ways */
function discussionWay(room, discussion, ways) {
  const address = room.state?.discussion;
  if (!address) return null;
  return button(say("locked.discuss", { room: discussion }), () => ways.open(address), { class: "quiet" });
}
