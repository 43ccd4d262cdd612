/**
 * Where a moderator acts on a person, or on a message of theirs: what, where, until when, and why.
 *
 * Knows the acts and what each needs. Refuses to act without a reason that everybody may read.
 */

import { openAct } from "./act_dialog.js";
import { actsOn, rolesToGive } from "./acts_on.js";
import { choiceCards } from "./choice_cards.js";
import { el, icon } from "./dom.js";
import { t } from "./language.js";
import { nameOf } from "./people.js";
import { ReasonField } from "./reason_field.js";
import { UntilField } from "./until_field.js";

/** @typedef {import("../hubbub/types.js").Entry} Entry */
/** @typedef {import("../hubbub/types.js").Person & {role?: string}} Person */
/** @typedef {import("./acts_on.js").ActOn} ActOn */

const ICONS = /** @type {const} */ ({ remove: "remove", mute: "mute", ban: "ban", floor: "hand", role: "role" });
const SANCTIONS = ["mute", "ban"];

/**
 * Opens the dialog; false if there is nothing that one may do.
 * @param {import("../hubbub/client.js").Client} client @param {import("../hubbub/room.js").Room} room
 * @param {Person} person @param {Entry} [message]  Theirs, which may be removed.
 */
export function openPerson(client, room, person, message) {
  const acts = actsOn(room, person, message !== undefined);
  if (acts.length === 0) return false;
  const fields = new Fields(client, room, person, acts);
  const quote = message ? el("blockquote", { dir: "auto" }, message.text ?? "") : null;
  openAct(client, room, {
    title: t(message ? "moderation.message" : "moderation.person", { who: nameOf(person) }),
    look: "person-dialog",
    fields: [quote, ...fields.elements],
    submit: t("moderation.submit"),
    focus: () => fields.focus(),
    command: () => fields.command(person, message),
  });
  return true;
}

class Fields {
  /**
   * @param {import("../hubbub/client.js").Client} client @param {import("../hubbub/room.js").Room} room
   * @param {Person} person @param {ActOn[]} acts
   */
  constructor(client, room, person, acts) {
    this._acts = choiceCards("act", t("moderation.what"), acts.map(cardOf), acts[0], () => this._show());
    this._scope = choice("act-scope", t("moderation.scope"), [
      ["room", t("moderation.scope.room")],
      ["hub", t("moderation.scope.hub")],
    ]);
    const roles = rolesToGive(room, person).map((role) => /** @type {[string, string]} */ ([role, t(`role.${role}`)]));
    this._role = choice("act-role", t("moderation.role"), roles, person.role ?? "participant");
    this._until = new UntilField("act-until", {
      now: () => client.now(),
      forever: t("moderation.until.lifted"),
      hint: t("moderation.until_hint"),
      choices: ["quarter", "hour", "tonight", "week"],
    });
    this._reason = new ReasonField("act-reason");
    this.elements = [
      this._acts.element,
      this._role.element,
      this._scope.element,
      this._until.element,
      this._reason.element,
    ];
    this._show();
  }

  focus() {
    /** @type {HTMLElement|null} */ (this._acts.element.querySelector("input:checked"))?.focus();
  }

  _show() {
    const isSanction = SANCTIONS.includes(this._acts.value);
    this._scope.element.hidden = !isSanction;
    this._until.element.hidden = !isSanction;
    this._role.element.hidden = this._acts.value !== "role";
  }

  /** @param {Person} person @param {Entry|undefined} message */
  command({ id: subject }, message) {
    const { reason } = this._reason.command ?? {};
    if (!reason) return (this._reason.focus(), t("moderation.reason_missing"));
    switch (this._acts.value) {
      case "remove":
        return { t: "remove", target: message?.seq, reason };
      case "floor":
        return { t: "floor", action: "give", subject, reason };
      case "role":
        return { t: "grant", subject, role: this._role.value, reason };
      default:
        return this._sanction(subject, reason);
    }
  }

  /** @param {string} subject @param {string} reason */
  _sanction(subject, reason) {
    if (!this._until.command) return (this._until.focus(), t("moderation.until_past"));
    return {
      t: "sanction",
      action: this._acts.value,
      subject,
      scope: this._scope.value,
      reason,
      ...this._until.command,
    };
  }
}

/** @param {ActOn} act @returns {import("./choice_cards.js").Choice} */
function cardOf(act) {
  return { value: act, title: [icon(ICONS[act]), t(`moderation.act.${act}`)], effect: t(`moderation.effect.${act}`) };
}

/** @param {string} id @param {string} label @param {[string, string][]} options @param {string} [chosen] */
function choice(id, label, options, chosen) {
  const select = el(
    "select",
    { id },
    options.map(([value, words]) => el("option", { value, selected: value === chosen }, words)),
  );
  const element = el("div", { class: "field" }, el("label", { for: id }, label), select);
  return {
    element,
    get value() {
      return select.value;
    },
  };
}
