/**
 * The people of a room: who one is here oneself, who may speak, who is present.
 *
 * Knows how they are grouped, and why names may be missing. Refuses to know what can be done to them.
 */

import { el } from "./dom.js";
import { drawIfNew, drawList } from "./drawn.js";
import { has, say, t } from "./language.js";
import { Lingering } from "./lingering.js";
import { nameOf } from "./people.js";
import { personLine } from "./person_line.js";
import { rolesOf } from "./roles.js";
import { RANKS, rankOf, speakersOf } from "./speakers.js";

/** @typedef {import("../hubbub/types.js").Person} Person */
/** @typedef {Person & {role?: string}} Present */

const MOST_LINES = 200; // people that are named at once; the others are counted
const GROUPS = [...RANKS].reverse();

export class PeoplePane {
  /**
   * @param {import("../hubbub/client.js").Client} client @param {import("../hubbub/room.js").Room} room
   * @param {(person: Person) => void} moderate @param {AbortSignal} signal
   */
  constructor(client, room, moderate, signal) {
    this._client = client;
    this._room = room;
    this._moderate = moderate;
    this._lingering = /** @type {Lingering<Present>} */ (new Lingering(() => this.show(), signal));
    this._me = el("p", { class: "my-role" });
    this._effect = el("p", { class: "hint" });
    this._speakers = el("ul", { class: "speakers" });
    this._count = el("h3", {});
    this._groups = el("div", { class: "groups" });
    this._why = el("p", { class: "hint" });
    this.element = el(
      "div",
      { class: "people" },
      this._me,
      el("section", {}, el("h3", {}, t("people.speakers")), this._effect, this._speakers),
      el("section", {}, this._count, this._why, this._groups),
    );
  }

  show() {
    const { state, rights } = this._room;
    this.element.hidden = !state;
    if (!state) return;
    drawIfNew(this._me, this._room.role, () => say("people.me", { role: t(`role.${this._room.role}`) }));
    const mode = has(`mode.${state.mode}`) ? state.mode : "other";
    const speakers = speakersOf(this._room, rolesOf(this._client).granted);
    const isKnown = speakers.length > 0 || mode !== "announcement";
    this._effect.textContent = t(isKnown ? `people.speakers.${mode}` : "people.speakers.none");
    drawList(this._speakers, speakers, {
      keyOf: ({ id }) => id,
      looksOf: (person) => person,
      make: (person) => personLine(person, {}, el("span", { class: "hint" }, t(`people.as.${person.as}`))),
    });
    this._showPresent(state.mode === "agora" || Boolean(rights?.moderate));
  }

  /** @param {boolean} areTold  Whether names are told here. */
  _showPresent(areTold) {
    const { people, present } = this._room;
    if (!areTold) this._lingering.clear();
    const named = areTold ? this._lingering.seen(people) : [];
    drawIfNew(this._count, present, () => t("people.present", { count: present }));
    const more = present - people.size;
    if (!areTold) this._why.textContent = t("people.unnamed");
    else this._why.textContent = people.size > 0 && more > 0 ? t("people.more", { count: more }) : "";
    const byRole = GROUPS.map((role) => ({ role, all: named.filter((one) => (one.role ?? "participant") === role) }));
    drawList(
      this._groups,
      byRole.filter(({ all }) => all.length > 0),
      {
        keyOf: ({ role }) => role,
        looksOf: ({ role }) => role,
        make: ({ role }) => el("section", {}, el("h4", {}, t(`people.group.${role}`)), el("ul", {})),
      },
    );
    for (const { role, all } of byRole) {
      const list = this._groups.querySelector(`[data-key="${role}"] > ul`);
      if (list) this._showGroup(list, all);
    }
  }

  /** @param {Element} list @param {Present[]} all */
  _showGroup(list, all) {
    const myId = this._client.identity?.id;
    const floor = new Set(this._room.state?.floor?.given.map(({ id }) => id));
    const may = Boolean(this._room.rights?.moderate);
    const mine = rankOf(this._room.role);
    const isMine = (/** @type {Present} */ { id }) => id === myId;
    const isBelow = (/** @type {Present} */ one) =>
      may && !isMine(one) && (mine > rankOf(one.role) || mine === GROUPS.length - 1);
    const sorted = [...all].sort((one, other) => nameOf(one).localeCompare(nameOf(other)));
    drawList(list, sorted.slice(0, MOST_LINES), {
      keyOf: ({ id }) => id,
      looksOf: (one) => [one, isMine(one), floor.has(one.id), isBelow(one)],
      make: (one) => {
        const moderate = isBelow(one) ? () => this._moderate(one) : null;
        return personLine(one, { isMe: isMine(one), hasFloor: floor.has(one.id), moderate });
      },
    });
  }
}
