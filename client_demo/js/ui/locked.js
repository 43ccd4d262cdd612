/**
 * What stands in the composer's place for those who may not write: why, who decided it, and the way in.
 *
 * Knows what belongs there in each stance. Refuses to judge: the server says what one may do.
 */

import { button, el, icon, modeIcon } from "./dom.js";
import { drawIfNew } from "./drawn.js";
import { floorWays } from "./floor_ways.js";
import { say, t } from "./language.js";
import { modeWords } from "./mode_words.js";
import { nameElement, nameOf } from "./people.js";
import { untilElement } from "./times.js";

/** @typedef {import("./stance.js").Stance} Stance */
/** @typedef {import("./speakers.js").Speaker} Speaker */
/**
 * @typedef {object} Shown  What the panel tells.
 * @property {Stance} stance
 * @property {string} draft
 * @property {Speaker[]} speakers
 * @property {Record<string, any>|null} rule  The sanction one is under, once it is known.
 * @property {{address: string, title: string}|null} discussion
 */

const NAMED = 4; // speakers; the third pane names all

export class LockedPanel {
  /**
   * @param {import("../hubbub/room.js").Room} room @param {import("./speaking.js").Speaking} speaking
   * @param {(address: string) => void} open @param {() => number} now
   */
  constructor(room, speaking, open, now) {
    this._room = room;
    this._speaking = speaking;
    this._open = open;
    this._now = now;
    this._why = el("div", { class: "locked-why" });
    this._speakers = el("p", { class: "locked-speakers hint" });
    this._floor = el("div", { class: "floor-ways" });
    this._others = el("div", { class: "other-ways" });
    this._draft = el("p", { class: "hint draft-kept" });
    this.element = el(
      "section",
      { class: "locked", "aria-label": t("locked.label"), tabindex: "-1", hidden: true },
      this._why,
      this._speakers,
      el("div", { class: "ways" }, this._floor, this._others),
      this._draft,
    );
  }

  focus() {
    this.element.focus();
  }

  /** Only what changes is drawn anew, so that a word being written there stays. @param {Shown} shown */
  show({ stance, draft, speakers, rule, discussion }) {
    const { state, rights } = this._room;
    const isAnnouncement = state?.mode === "announcement" && rights !== null && stance.kind !== "muted";
    this.element.className = `locked is-${stance.kind}`;
    const { mode, mode_by, mode_since, mode_reason, mode_until } = state ?? {};
    const why = [stance.kind, rule, mode, mode_by, mode_since, mode_reason, mode_until];
    const named = isAnnouncement ? speakers : [];
    const lost = [
      drawIfNew(this._why, why, () =>
        isAnnouncement ? this._modeLines() : closedLines(stance, rule, mode, this._now),
      ),
      drawIfNew(this._speakers, named, () => speakerLine(named)),
      drawIfNew(this._floor, stance, () => floorWays(stance, this._speaking, this._now)),
      drawIfNew(this._others, [discussion, stance.kind], () => this._otherWays(stance, discussion)),
    ];
    drawIfNew(this._draft, draft, () => (draft ? draftLine(draft) : null));
    if (lost.includes(true)) this.focus();
  }

  _modeLines() {
    const state = /** @type {import("../hubbub/types.js").RoomState} */ (this._room.state);
    return [
      el("p", { class: "locked-title" }, modeIcon(state.mode), el("strong", {}, t("locked.announcement"))),
      el("p", { class: "why" }, modeWords(state, this._now)),
    ];
  }

  /** @param {Stance} stance @param {Shown["discussion"]} discussion */
  _otherWays(stance, discussion) {
    if (stance.kind === "closed") return [];
    const look = el("p", { class: "hint locked-look" }, t("locked.look"));
    if (!discussion) return [look];
    const { address, title } = discussion;
    const long = el("span", { class: "long" }, say("locked.discuss", { room: title }));
    const short = el("bdi", { class: "short", "aria-hidden": "true" }, title);
    const label = t("locked.discuss", { room: title });
    const go = button([icon("agora"), long, short], () => this._open(address), {
      class: "discuss",
      "aria-label": label,
    });
    return [go, look];
  }
}

/**
 * @param {Stance} stance @param {Record<string, any>|null} rule
 * @param {string|undefined} mode @param {() => number} now
 */
function closedLines(stance, rule, mode, now) {
  const words = stance.kind === "unknown" ? t("locked.unknown_mode", { mode: mode ?? "" }) : t(`locked.${stance.kind}`);
  const title = el(
    "p",
    { class: "locked-title" },
    icon(stance.kind === "muted" ? "mute" : "other"),
    el("strong", {}, words),
  );
  return [title, rule ? el("p", { class: "why" }, ruleWords(rule, now)) : null];
}

/** Who decided a sanction, why, where and until when. @param {Record<string, any>} rule @param {() => number} now */
export function ruleWords(rule, now) {
  const end = rule.until ? say("mode.until", { time: untilElement(rule.until, now) }) : [t("moderation.no_end")];
  const where = say(`locked.scope.${rule.scope ?? "room"}`, { who: nameElement(rule.by) });
  return [...where, " ", el("q", { class: "reason", dir: "auto" }, rule.reason ?? ""), " ", ...end];
}

/** @param {Speaker[]} speakers */
function speakerLine(speakers) {
  if (speakers.length === 0) return null;
  const more = speakers.length - NAMED;
  const names = speakers.slice(0, NAMED).map(nameOf);
  return [
    icon("people"),
    el(
      "span",
      {},
      t("locked.speakers"),
      " ",
      names.map((name, at) => [at > 0 ? ", " : "", el("bdi", {}, name)]).flat(),
    ),
    more > 0 ? el("span", {}, t("locked.speakers.more", { count: more })) : null,
  ];
}

/** @param {string} draft */
function draftLine(draft) {
  return [
    icon("edit"),
    el("span", {}, t("locked.draft", { count: [...draft].length })),
    el("q", { dir: "auto" }, draft),
  ];
}
