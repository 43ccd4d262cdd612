/**
 * Where one writes: a text that becomes a message, an answer, or another text for a message.
 *
 * Knows the draft and its tasks. Refuses to know whether one may write (foot.js), and what becomes of the text.
 */

import { ComposerNote } from "./composer_note.js";
import { button, el, icon } from "./dom.js";
import { readDraft, writeDraft } from "./draft.js";
import { t } from "./language.js";
import { TaskBar } from "./task_bar.js";
import { WritingField } from "./writing_field.js";

/** @typedef {import("./draft.js").Draft} Draft */
/** @typedef {import("./foot.js").Around} Around */

export class Composer {
  /**
   * @param {import("../hubbub/client.js").Client} client @param {import("../hubbub/room.js").Room} room
   * @param {import("./speaking.js").Speaking} speaking @param {Around} around
   */
  constructor(client, room, speaking, around) {
    this._address = room.address;
    this._speaking = speaking;
    this._draft = readDraft(room.address);
    this._isSaving = false;
    this._note = new ComposerNote(client, room);
    this._field = new WritingField({
      changed: () => this._changed(),
      send: () => this._submit(),
      escape: () => this._hasTask && (this.cancelTask(), true),
      up: () => !this._hasTask && (around.editLast(), true),
      people: () => speaking.people(),
      announce: around.announce,
    });
    this._task = new TaskBar({ cancel: () => this.cancelTask(), jumpTo: around.jumpTo, open: around.open });
    this._question = this._toggle();
    this._word = el("span", { class: "label" });
    this._send = button([icon("send"), this._word], () => this._submit(), { class: "primary send" });
    this.element = el(
      "div",
      { class: "composer" },
      this._task.element,
      this._field.names,
      el("div", { class: "writing" }, this._question, this._field.element, this._send),
      this._note.element,
    );
    this._draw();
  }

  /** What is written and not said. */
  get text() {
    return this._draft.edit?.text ?? this._draft.text;
  }

  focus() {
    this._field.focus();
  }

  /** A message comes back, before what stands there already. @param {import("./draft.js").Draft} message */
  takeBack({ text, question, reply, about }) {
    const { _draft: draft } = this;
    this._become({
      ...draft,
      text: [text, draft.text].filter(Boolean).join("\n"),
      question: question || draft.question,
      reply: draft.reply ?? reply,
      about: draft.about ?? about,
    });
  }

  /** @param {import("./draft.js").Quoted} reply */
  reply(reply) {
    this._become({ ...this._draft, reply, about: undefined, edit: undefined });
  }

  /** Another text for a message; the draft waits meanwhile. @param {{seq: number, was: string}} message */
  edit({ seq, was }) {
    this._become({ ...this._draft, edit: { seq, was, text: was } });
  }

  /** A message is gone: nothing can be answered to it, or changed in it. @param {number} seq */
  forget(seq) {
    if (this._draft.reply?.seq === seq) this._become({ ...this._draft, reply: undefined });
    if (this._draft.edit?.seq === seq) this._become({ ...this._draft, edit: undefined });
  }

  /** Only a message again. */
  cancelTask() {
    const { edit, ...draft } = this._draft;
    this._become(edit ? draft : { ...draft, reply: undefined, about: undefined });
    this.focus();
  }

  /** Something that the line below tells has changed. */
  refresh() {
    this._note.show([...this._field.text.trim()].length); // code points, as the server counts
  }

  get _hasTask() {
    const { edit, reply, about } = this._draft;
    return Boolean(edit ?? reply ?? about);
  }

  _toggle() {
    const flip = () => this._become({ ...this._draft, question: !this._draft.question });
    const label = t("composer.question");
    return button(icon("question"), flip, { class: "tool question", "aria-label": label, title: label });
  }

  _changed() {
    const { text } = this._field;
    const { edit } = this._draft;
    this._keep(edit ? { ...this._draft, edit: { ...edit, text } } : { ...this._draft, text });
    this.refresh();
    if (text && !edit) this._speaking.written();
  }

  _submit() {
    const text = this._field.text.trim();
    if (!text || this._isSaving || this._note.isOver) return;
    if (this._draft.edit) return void this._save(this._draft.edit, text);
    if (this._speaking.send({ ...this._draft, text })) this._become({ text: "" });
    this.focus();
  }

  /** @param {{seq: number, was: string}} edit @param {string} text */
  async _save(edit, text) {
    this._isSaving = true;
    try {
      const isDone = text === edit.was || (await this._speaking.save(edit.seq, text));
      if (isDone && this._draft.edit?.seq === edit.seq) this.cancelTask();
    } finally {
      this._isSaving = false;
    }
  }

  /** @param {Draft} draft */
  _become(draft) {
    this._keep(draft);
    this._draw();
  }

  /** @param {Draft} draft */
  _keep(draft) {
    this._draft = draft;
    writeDraft(this._address, draft);
  }

  _draw() {
    const { edit, question } = this._draft;
    const word = t(edit ? "composer.save" : "composer.send");
    this._word.textContent = word;
    this._send.setAttribute("aria-label", word);
    this._question.hidden = edit !== undefined;
    this._question.setAttribute("aria-pressed", String(question ?? false));
    this._task.show(this._draft);
    this._field.show(this.text, t(question ? "composer.placeholder.question" : "composer.placeholder"));
    this.refresh();
  }
}
