/**
 * The third pane: the people of a room, and for those who moderate it what they decide.
 *
 * Knows which of the two is shown. Refuses to know where the pane stands on the screen. Dispatches `hands`
 * when the number of raised hands has changed (`handsCount`).
 */

import { button, el, fill } from "./dom.js";
import { t } from "./language.js";
import { later } from "./later.js";
import { PeoplePane } from "./people_pane.js";
import { rolesOf } from "./roles.js";

/** @typedef {import("../hubbub/types.js").Entry} Entry */
/** @typedef {import("../hubbub/types.js").Person} Person */
/** @typedef {"people"|"moderation"} Tab */

const TABS = /** @type {Tab[]} */ (["people", "moderation"]);
const moderating = later(() => import("./moderation.js"));
const EVENTS = /** @type {const} */ (["state", "rights", "present", "people", "entries", "closed"]);

export class Aside extends EventTarget {
  /**
   * @param {import("../hubbub/client.js").Client} client @param {import("../hubbub/room.js").Room} room
   * @param {Pick<import("./foot.js").Around, "announce">} around @param {AbortSignal} signal
   */
  constructor(client, room, around, signal) {
    super();
    this._client = client;
    this._room = room;
    this._announce = around.announce;
    this.handsCount = 0;
    this._tab = /** @type {Tab} */ ("people");
    this._planned = 0;
    this._people = new PeoplePane(client, room, (person) => this.openSanction(person), signal);
    this._moderation = /** @type {import("./moderation_pane.js").ModerationPane|null} */ (null);
    this._handsBadge = el("span", { class: "hands-count", hidden: true });
    this._tabs = TABS.map((tab) => this._tabButton(tab));
    this._tablist = el("div", { class: "tabs", role: "tablist", "aria-label": t("people.label") }, this._tabs);
    this._title = el("h2", {}, t("people.title"));
    this._panels = TABS.map((tab) => this._panel(tab));
    this.element = el(
      "aside",
      { class: "aside", id: "aside", "aria-label": t("people.label") },
      this._title,
      this._tablist,
      this._panels,
    );
    this._listen(signal);
    this._show();
    if (room.isJoined) this._ask();
  }

  /** @param {Tab} tab */
  show(tab) {
    this._tab = tab;
    if (tab === "moderation") this._moderation?.refresh();
    this._show();
  }

  focus() {
    const tab = this._tablist.hidden ? undefined : this._tabs.find((one) => one.tabIndex === 0);
    (tab ?? this._panels[0]).focus();
  }

  /** What one may do to somebody, and to a message of theirs. @param {Person} person @param {Entry} [entry] */
  openSanction(person, entry) {
    const granted = rolesOf(this._client).granted.find(({ id }) => id === person.id);
    const known = { ...person, role: granted?.role ?? this._room.people.get(person.id)?.role };
    moderating(({ openPerson }) => {
      if (!openPerson(this._client, this._room, known, entry)) this._announce(t("moderation.nothing"));
    });
  }

  /** Remove a message, or act on who wrote it. @param {Entry} entry */
  openRemoval(entry) {
    this.openSanction(entry.by, entry);
  }

  /** @param {AbortSignal} signal */
  _listen(signal) {
    const room = this._room;
    for (const what of EVENTS) room.addEventListener(what, () => this._plan(), { signal });
    room.addEventListener("entry", (event) => this._heard(/** @type {CustomEvent} */ (event).detail), { signal });
    room.addEventListener("entries", () => !room.attendance.isWanted && this._ask(), { signal });
    rolesOf(this._client).addEventListener("changed", () => this._plan(), { signal });
    signal.addEventListener("abort", () => cancelAnimationFrame(this._planned));
  }

  /** From now on the room keeps the names itself, where they are told. */
  _ask() {
    this._client.who(this._room).catch(() => {}); // the next time one comes in they are asked for again
  }

  /** @param {Entry} entry */
  _heard({ kind, action }) {
    if (kind === "sanction") this._moderation?.refresh();
    if (kind === "floor" && action === "ask" && this._room.rights?.moderate) this._announce(t("hands.announced"));
    this._plan();
  }

  _plan() {
    cancelAnimationFrame(this._planned);
    this._planned = requestAnimationFrame(() => this._show());
  }

  _show() {
    const moderates = Boolean(this._room.rights?.moderate);
    const tab = moderates ? this._tab : "people";
    this._title.hidden = moderates;
    this._tablist.hidden = !moderates;
    for (const [at, one] of TABS.entries()) {
      this._tabs[at].setAttribute("aria-selected", String(one === tab));
      this._tabs[at].tabIndex = one === tab ? 0 : -1;
      this._panels[at].hidden = one !== tab;
    }
    this._people.show();
    if (moderates) this._showModeration();
    this._countHands(moderates ? (this._room.state?.floor?.asked.length ?? 0) : 0);
  }

  /** Fetched, with all that it needs, when somebody moderates. */
  _showModeration() {
    if (this._moderation) return this._moderation.show();
    moderating(({ ModerationPane }) => {
      if (this._moderation) return; // asked for twice before it came
      this._moderation = new ModerationPane(this._client, this._room, (person) => this.openSanction(person));
      fill(this._panels[TABS.indexOf("moderation")], this._moderation.element);
      this._moderation.refresh();
      this._moderation.show();
    });
  }

  /** @param {number} count */
  _countHands(count) {
    if (count === this.handsCount) return;
    this.handsCount = count;
    this._handsBadge.hidden = count === 0;
    this._handsBadge.textContent = String(count);
    this._handsBadge.setAttribute("aria-label", t("hands.count", { count }));
    this.dispatchEvent(new Event("hands"));
  }

  /** @param {Tab} tab */
  _tabButton(tab) {
    const badge = tab === "moderation" ? this._handsBadge : null;
    const made = button([t(`${tab}.title`), badge], () => this.show(tab), {
      role: "tab",
      id: `tab-${tab}`,
      "aria-controls": `pane-${tab}`,
    });
    made.addEventListener("keydown", (event) => {
      if (event.key !== "ArrowLeft" && event.key !== "ArrowRight") return;
      const other = TABS[1 - TABS.indexOf(tab)];
      this.show(other);
      this._tabs[TABS.indexOf(other)].focus();
    });
    return made;
  }

  /** @param {Tab} tab */
  _panel(tab) {
    const pane = tab === "people" ? this._people.element : null;
    return el(
      "div",
      { class: "pane", role: "tabpanel", id: `pane-${tab}`, "aria-labelledby": `tab-${tab}`, tabindex: "0" },
      pane,
    );
  }
}
