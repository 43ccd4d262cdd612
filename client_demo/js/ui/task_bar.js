/**
 * Above the field: what the text in it is for, if it is more than a message; and the way out of that.
 *
 * Knows the three tasks: to answer, to answer an announcement, to change a message. Refuses to know the text.
 */

import { button, el, icon } from "./dom.js";
import { drawIfNew } from "./drawn.js";
import { say, t } from "./language.js";

/** @typedef {import("./draft.js").Draft} Draft */

export class TaskBar {
  /** @param {{cancel: () => void, jumpTo: (seq: number) => void, open: (address: string) => void}} ways */
  constructor(ways) {
    this._ways = ways;
    this.element = el("div", { class: "task", id: "composer-task", hidden: true });
  }

  /** @param {Draft} draft */
  show(draft) {
    const { edit, about, reply } = draft;
    this.element.hidden = !edit && !about && !reply;
    drawIfNew(this.element, [edit?.seq, about, reply], () => this._content(draft));
  }

  /** @param {Draft} draft */
  _content({ edit, about, reply }) {
    if (edit) return [icon("edit"), el("p", {}, el("strong", {}, t("composer.editing"))), this._cancel("edit")];
    if (about) {
      const words = say("composer.about", { name: about.name, room: about.title });
      return [icon("reply"), this._quote(words, about.text, () => this._ways.open(about.room)), this._cancel("reply")];
    }
    if (!reply) return [];
    const words = say("composer.reply", { name: reply.name });
    return [icon("reply"), this._quote(words, reply.text, () => this._ways.jumpTo(reply.seq)), this._cancel("reply")];
  }

  /** @param {Node[]} words @param {string} text @param {() => void} go */
  _quote(words, text, go) {
    const quote = el("q", { dir: "auto" }, text);
    return button([el("span", {}, words), quote], go, { class: "quiet task-quote" });
  }

  /** @param {"edit"|"reply"} task */
  _cancel(task) {
    const label = t(`composer.cancel.${task}`);
    return button(icon("close"), this._ways.cancel, { class: "tool", "aria-label": label, title: label });
  }
}
