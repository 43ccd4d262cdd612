/**
 * One message as it stands in the timeline: of the log, or still on its way. The same row for both.
 *
 * Knows how a message looks in each of its states, and draws only those parts anew that have changed, so that
 * nobody loses a place in it. Refuses to know where it stands, and what its buttons do (message_acts.js).
 */

import { el, icon } from "./dom.js";
import { moment, say, t, timeElement, wholeMoment } from "./language.js";
import { richText } from "./links.js";
import { outcome } from "./outcome.js";
import { avatar, kindBadge, nameElement } from "./people.js";
import { aboutLine, quoteLine } from "./quote.js";
import { Chips, QUICK } from "./reactions.js";

/** @typedef {import("../hubbub/types.js").Entry} Entry */
/** @typedef {import("../hubbub/types.js").Person} Person */
/** @typedef {import("../hubbub/outbox.js").Outgoing} Outgoing */
/** @typedef {import("./plan.js").Line} Line */
/** @typedef {import("./reading.js").Reading} Reading */

const FOLDED_LINES = 20; // longer texts are folded: the next message should be in sight
const FOLDED_CHARS = 1_600; // about twenty lines of eighty

/** Where the parts stand, from the top. */
const PARTS = /** @type {const} */ (["about", "quote", "badge", "text", "fold", "reactions", "outcome"]);

export class MessageRow {
  /** @param {Line} line @param {Reading} reading @param {() => HTMLElement} actions */
  constructor(line, reading, actions) {
    this._reading = reading;
    this._key = line.key;
    this._by = line.entry?.by ?? reading.me();
    this._line = /** @type {Line|undefined} */ (undefined);
    this._revision = -1;
    this._isUnfolded = false;
    this._shown = /** @type {Record<string, unknown>} */ ({});
    this._parts = /** @type {Record<string, Element|null>} */ ({});
    this._chips = new Chips();
    this._byline = el("div", { class: "byline", id: `${line.key}.by` });
    this._content = el("div", { class: "content" });
    this.element = el(
      "article",
      { class: "message", tabindex: -1, "aria-labelledby": `${line.key}.by ${line.key}.text` },
      avatar(this._by),
      this._byline,
      this._content,
      actions(),
    );
  }

  /** @param {Line} line */
  update(line) {
    const { entry, outgoing } = line;
    const { revision } = this._reading;
    const isSame = entry === this._line?.entry && outgoing === this._line?.outgoing && revision === this._revision;
    if (isSame) return; // of three hundred rows in every frame, nearly all are
    this._line = line;
    this._revision = revision;
    this._showByline(entry?.at ?? line.at);
    if (entry?.kind === "removed") return this._showRemoved(entry);
    const text = entry?.text ?? outgoing?.text ?? "";
    const question = entry ? entry.question : outgoing?.question;
    this._change("state", outgoing?.status ?? "", (status) => this._showState(status));
    this._put("about", this._aboutShown(entry?.about ?? outgoing?.about), aboutLine);
    this._put("quote", this._quoted(entry ? entry.reply_to : outgoing?.replyTo), quoteLine);
    this._put("badge", question === true, (is) => is && badge());
    this._showText(text, entry?.edited);
    const ways = outgoing ? this._reading.acts.waysOf(outgoing) : [];
    this._put("outcome", outgoing && `${outgoing.status} ${ways}`, () => outgoing && outcome(outgoing, ways));
    if (entry) this._place("reactions", this._chips.draw(this._reading.reactionsOf(entry)));
  }

  /** A long text shows all of itself, or no longer does. */
  fold() {
    this._isUnfolded = !this._isUnfolded;
    this._parts.text?.classList.toggle("is-folded", !this._isUnfolded);
    const button = this._parts.fold;
    if (button) describeFold(button, this._isUnfolded);
  }

  /** @param {number} at */
  _showByline(at) {
    const role = this._reading.roleOf(this._by);
    this._change("byline", `${role} ${at}`, () =>
      this._byline.replaceChildren(
        ...[nameElement(this._by), roleBadge(role), kindBadge(this._by), timeElement(at)].filter(
          (part) => part !== null,
        ),
      ),
    );
  }

  /** @param {Entry} entry */
  _showRemoved(entry) {
    for (const part of PARTS) if (part !== "text") this._place(part, null);
    const removal = this._reading.removalOf(entry.seq);
    this._change("text", `removed ${removal?.seq}`, () => this._place("text", this._tombstone(entry, removal)));
    this._change("state", "removed", (state) => this._showState(state));
  }

  /** @param {Entry} entry @param {Entry|undefined} removal */
  _tombstone(entry, removal) {
    const attributes = { class: "gone", id: `${this._key}.text` };
    if (!removal) return el("p", attributes, t("message.removed"));
    const values = { who: nameElement(removal.by), time: moment(removal.at) };
    const isOwn = removal.by.id === entry.by.id;
    const why = removal.reason ? [" ", el("q", { class: "reason", dir: "auto" }, removal.reason)] : null;
    return el("p", attributes, say(isOwn ? "message.removed.own" : "message.removed.by", values), why);
  }

  /** @param {string} text @param {number|undefined} edited */
  _showText(text, edited) {
    this._change("text", `${edited ?? ""} ${this._reading.mention()} ${text}`, () => {
      const isFoldable = isLong(text);
      const shown = this._text(text, edited);
      shown.classList.toggle("is-folded", isFoldable && !this._isUnfolded);
      this._place("text", shown);
      this._put("fold", isFoldable, () => this._foldButton());
    });
  }

  /** @param {unknown} state */
  _showState(state) {
    this.element.className = state ? `message is-${state}` : "message";
  }

  /** @param {string} text @param {number|undefined} edited */
  _text(text, edited) {
    const nodes = richText(text, this._reading.mention());
    const when = edited
      ? el("span", { class: "edited", title: wholeMoment(edited) }, ` ${t("message.edited", { time: moment(edited) })}`)
      : null;
    const shown = el("p", { class: "text", dir: "auto", id: `${this._key}.text` }, nodes, when);
    this.element.classList.toggle("is-mention", shown.querySelector("mark") !== null);
    return shown;
  }

  _foldButton() {
    const made = el("button", { type: "button", class: "quiet fold", "data-act": "fold", tabindex: -1 });
    describeFold(made, this._isUnfolded);
    return made;
  }

  /** @param {{room: string, seq: number}|undefined} about */
  _aboutShown(about) {
    return about && `${about.room}/${about.seq} ${this._reading.titleOf(about.room)}`;
  }

  /** @param {number|undefined} seq  What is answered: its entry, or its number where it is not at hand. */
  _quoted(seq) {
    return seq === undefined ? undefined : (this._reading.entryAt(seq) ?? seq);
  }

  /**
   * A part that is drawn anew when what it shows is another.
   * @template Shown @param {typeof PARTS[number]} part @param {Shown} shown
   * @param {(shown: NonNullable<Shown>) => Element|false|null|undefined} make
   */
  _put(part, shown, make) {
    this._change(part, shown, () => this._place(part, shown ? make(shown) || null : null));
  }

  /** @template Shown @param {string} what @param {Shown} shown @param {(shown: Shown) => void} draw */
  _change(what, shown, draw) {
    if (this._shown[what] === shown && what in this._shown) return;
    this._shown[what] = shown;
    draw(shown);
  }

  /** @param {typeof PARTS[number]} part @param {Element|null} element */
  _place(part, element) {
    const old = this._parts[part] ?? null;
    if (old === element) return;
    this._parts[part] = element;
    if (old && element) old.replaceWith(element);
    else if (old) old.remove();
    else this._content.insertBefore(/** @type {Element} */ (element), this._behind(part));
  }

  /** @param {typeof PARTS[number]} part */
  _behind(part) {
    const later = PARTS.slice(PARTS.indexOf(part) + 1);
    return later.map((one) => this._parts[one] ?? null).find((one) => one !== null) ?? null;
  }
}

/** @param {string} text */
function isLong(text) {
  return text.length > FOLDED_CHARS || text.split("\n", FOLDED_LINES + 1).length > FOLDED_LINES;
}

/** @param {Element} button @param {boolean} isUnfolded */
function describeFold(button, isUnfolded) {
  button.textContent = t(isUnfolded ? "message.fold" : "message.unfold");
  button.setAttribute("aria-expanded", String(isUnfolded));
}

/** @param {string} role */
function roleBadge(role) {
  return role === "participant" ? null : el("span", { class: `badge role-${role}` }, t(`role.${role}`));
}

function badge() {
  return el("p", { class: "question" }, icon("question"), t("message.question"));
}

/** Makes the buttons of a row: a copy costs less than the making. @returns {() => HTMLElement} */
export function actionsMaker() {
  const one = (/** @type {"react"|"reply"|"more"} */ act, /** @type {Node|string} */ label, more = {}) =>
    el(
      "button",
      {
        type: "button",
        tabindex: -1,
        "data-act": act,
        "aria-label": t(`message.${act}`),
        title: t(`message.${act}`),
        ...more,
      },
      label,
    );
  const made = el(
    "div",
    { class: "actions", "aria-live": "off" },
    one("react", QUICK[0], { "data-to": QUICK[0] }),
    one("reply", icon("reply")),
    one("more", icon("more"), { "aria-haspopup": "menu", "aria-expanded": "false" }),
  );
  return () => /** @type {HTMLElement} */ (made.cloneNode(true));
}
